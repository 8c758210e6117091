"""A proxy that misbehaves on purpose: between a client and a host, it loses answers, invents refusals and cuts streams."""

from __future__ import annotations

import socket
import threading
from typing import Callable, Union

PASS = "pass"
DROP_ANSWER = "the host does it, nobody hears the answer"
DROP_REQUEST = "the request does not arrive"
SILENT = "nothing comes back until the client goes away"
Action = Union[str, tuple[int, dict[str, str], bytes]]


class Proxy:
    """``plan`` says what becomes of each request, by method and path; a tuple is an answer that the host never gave."""

    def __init__(self, port: int, plan: Callable[[str, str], Action] = lambda method, path: PASS) -> None:
        self.plan = plan
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.answer: Callable[[str], object] = lambda path: None
        """Is called with the path when the host's answer has come, before it is passed on."""
        self.gone = threading.Event()
        """Set when a client has gone from a request that is kept silent."""
        self.silent = threading.Event()
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Breaks every connection."""
        with self._lock:
            found = list(self._open)
        for connection in found:
            _close(connection)

    def close(self) -> None:
        _close(self._listener)
        self.cut()

    def paths(self, method: str) -> list[str]:
        return [path for verb, path, _ in self.requests if verb == method]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._lock:
            self._open.add(client)
        try:
            while (request := _read_request(client)) is not None:
                self._answer(client, *request)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(client)
            _close(client)

    def _answer(self, client: socket.socket, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        self.requests.append((method, path, dict(line.lower().split(": ", 1) for line in lines[1:] if line)))
        action = self.plan(method, path)
        if isinstance(action, tuple):
            status, headers, text = action
            named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            client.sendall(f"HTTP/1.1 {status} Said\r\n{named}Content-Length: {len(text)}\r\n\r\n".encode() + text)
            return
        if action == DROP_REQUEST:
            raise OSError
        if action == SILENT:
            self.silent.set()
            client.recv(1)   # Empty: it has gone.
            self.gone.set()
            raise OSError
        self._pass(client, path, head, body, heard=action == PASS)
        raise OSError   # The host was told to close, so this connection ends too.

    def _pass(self, client: socket.socket, path: str, head: bytes, body: bytes, *, heard: bool) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as host:
            with self._lock:
                self._open.add(host)
            try:
                host.sendall(head[:-2] + b"Connection: close\r\n\r\n" + body)
                # A client that goes away must be seen to go by the host.
                threading.Thread(target=_until_gone, args=(client, host), daemon=True).start()
                while piece := host.recv(65_536):
                    self.answer(path)
                    if heard:
                        client.sendall(piece)
            finally:
                with self._lock:
                    self._open.discard(host)


def _until_gone(client: socket.socket, host: socket.socket) -> None:
    try:
        client.recv(1)
    except OSError:
        pass
    _close(host)


def _read_request(client: socket.socket) -> tuple[bytes, bytes] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65_536)
        if not piece:
            return None
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    head += b"\r\n\r\n"
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += client.recv(65_536)
    return head, body


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
