import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const dll = join(repository, "artifacts/bin/Silo", process.env.ROSUD_BUILD ?? "debug", "Rosud.Silo.dll");

/** A free port of loopback, below those that the system gives to outgoing connections, so that none of these takes it while a host is down. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

/** A Rosud host as a process of its own. It keeps ports and data over restarts. */
export class Host {
  static async start(settings = []) {
    if (!existsSync(dll)) throw new Error("Build src/Silo first; run-tests does.");
    const host = new Host();
    host.folder = await mkdtemp(join(tmpdir(), "rosud-npm-"));
    host.port = await freePort();
    host.url = `http://127.0.0.1:${host.port}`;
    host.arguments = [
      dll, "--urls", host.url, `--Orleans:Endpoints:SiloPort=${await freePort()}`, `--Orleans:Endpoints:GatewayPort=${await freePort()}`,
      `--Orleans:ClusterId=npm-${host.port}`, `--Rosud:DataPath=${join(host.folder, "data")}`, ...settings,
    ];
    await host.launch();
    return host;
  }

  /** Starts the process and waits until it is ready. */
  async launch() {
    this.process = spawn("dotnet", this.arguments, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    this.process.stderr.on("data", (text) => said.push(String(text)));
    for await (const line of createInterface({ input: this.process.stdout })) {
      said.push(line);
      if (line.includes("Rosud is ready.")) {
        this.process.stdout.resume();   // Else a full pipe would block it.
        return;
      }
    }
    throw new Error(`The host did not start:\n${said.join("\n")}`);
  }

  /** SIGKILL: it gets no chance to do anything. */
  async kill() {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await exit;
  }

  async stop() {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
