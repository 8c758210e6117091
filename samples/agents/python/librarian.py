"""Counts the files of the folder. A webhook agent: the host calls it, so it needs no connection of its own to wait on."""

import argparse
import asyncio
import os
import secrets
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from corpus import Corpus
from rosud_call import Agent, BlockingWork, agent, answer_webhook

BODY_BYTES_MAX = 2 * 1024 * 1024
DESCRIPTION = "Counts the files of the folder."
READS, WRITES = ["corpus.*"], ["catalogue.*"]


@agent("librarian", description=DESCRIPTION, reads=READS, writes=WRITES)
def count(work: BlockingWork) -> dict[str, Any]:
    return {"catalogue.files": len(Corpus(work["corpus.folder"]).files())}


def handler_for(secret: str) -> type[BaseHTTPRequestHandler]:
    class Webhook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > BODY_BYTES_MAX:
                self.send_error(413)
                return
            # Refuses what the host did not sign, and has the function above do the rest.
            answer = answer_webhook(count, secret, dict(self.headers), self.rfile.read(int(length)))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            print(f"librarian {format % args}", flush=True)

    return Webhook


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5081, help="where it listens on 127.0.0.1; 0 for any free port")
    port = parser.parse_args().port
    # The host keeps the secret with the registration; both sides forget it when this ends and starts again with a new one.
    secret = os.environ.get("LIBRARIAN_SECRET") or secrets.token_hex(32)
    server = ThreadingHTTPServer(("127.0.0.1", port), handler_for(secret))
    url = f"http://127.0.0.1:{server.server_port}/"
    asyncio.run(Agent.register("librarian", description=DESCRIPTION, reads=READS, writes=WRITES, transport={"kind": "webhook", "url": url, "secret": secret}))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"librarian is ready at {url}", flush=True)
    server.serve_forever()
    server.server_close()   # Waits for requests at work.


if __name__ == "__main__":
    main()
