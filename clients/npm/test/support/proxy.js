import { once } from "node:events";
import { createServer, request as forward } from "node:http";

/** A proxy before a host that can lose answers, refuse, or cut streams: `fault` decides for each request. */
export class Proxy {
  /** @type {(request: import("node:http").IncomingMessage) => undefined | "drop-answer" | {status: number, headers?: object, body?: string}} */
  fault = () => undefined;
  /** Waited for when the host's answer has come, before it is passed on. */
  answered = async (request) => {};
  seen = [];
  #streams = new Set();

  static async before(target) {
    const proxy = new Proxy();
    proxy.server = createServer((request, response) => proxy.#pass(new URL(target), request, response)).listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  /** Cuts every connection that is open now. */
  cut() {
    for (const socket of this.#streams) socket.destroy();
  }

  async close() {
    this.server.closeAllConnections?.();
    this.cut();
    this.server.close();
    await once(this.server, "close");
  }

  #pass(target, request, response) {
    this.#streams.add(request.socket);
    request.socket.once("close", () => this.#streams.delete(request.socket));
    this.seen.push({ method: request.method, url: request.url, key: request.headers["idempotency-key"], at: performance.now() });
    const fault = this.fault(request);
    if (typeof fault === "object") {
      request.resume();
      response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
      return;
    }
    const onward = forward({ host: target.hostname, port: target.port, path: request.url, method: request.method, headers: request.headers }, async (answer) => {
      await this.answered(request);
      if (fault === "drop-answer") {
        answer.resume().once("end", () => request.socket.destroy());   // The host has done it; nobody hears of it.
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.once("error", () => request.socket.destroy());
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  }
}
