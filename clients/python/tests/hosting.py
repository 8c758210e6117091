"""Hosts and other programs as real processes, on ports, clusters and folders of their own. Stopped by pid."""

from __future__ import annotations

import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid

TESTS = pathlib.Path(__file__).resolve().parent
CLIENT = TESTS.parent
REPOSITORY = CLIENT.parent.parent
SILO = REPOSITORY / "artifacts/bin/Silo" / os.environ.get("ROSUD_BUILD", "debug") / "Rosud.Silo.dll"


def free_ports(count: int) -> list[int]:
    """Ports below those that the system gives to outgoing connections, so that none of ours takes one."""
    found: list[int] = []
    sockets: list[socket.socket] = []
    while len(found) < count:
        port = 20_000 + int.from_bytes(os.urandom(2), "big") % 12_000
        listener = socket.socket()
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            continue
        sockets.append(listener)
        found.append(port)
    for listener in sockets:
        listener.close()
    return found


class Program:
    """A process and the lines it prints."""

    def __init__(self, command: list[str], *, env: dict[str, str] | None = None, cwd: str | None = None) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.seen: list[str] = []
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}, cwd=cwd
        )
        self._readers = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))

    def say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def line(self, containing: str, timeout: float = 60) -> str:
        """The next line that contains the text."""
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"{containing!r} was not printed in {timeout} s\n{self.all_said()}") from None
            if line is None:
                self.process.wait(10)
                raise AssertionError(f"The program ended without printing {containing!r}\n{self.all_said()}")
            self.seen.append(line)
            if containing in line:
                return line

    def all_said(self) -> str:
        return "\n".join([*self.seen, "-- errors", *self.errors[-40:]])

    def kill(self) -> None:
        """SIGKILL: it gets no chance to do anything."""
        self.process.kill()
        self.process.wait(30)

    def terminate(self, timeout: float = 40) -> int:
        """SIGTERM, as a service supervisor does."""
        self.process.send_signal(signal.SIGTERM)
        return self.end(timeout)

    def end(self, timeout: float = 60) -> int:
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"The program did not end in {timeout} s\n{self.all_said()}") from None
        for reader in self._readers:
            reader.join(5)
        while not self._lines.empty():
            if (line := self._lines.get()) is not None:
                self.seen.append(line)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for reader in self._readers:
            reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class Host:
    """A Rosud host that can be killed and started again on the same url and data."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="rosud-python-")
        port, self._silo, self._gateway = free_ports(3)
        self._cluster = f"python-{uuid.uuid4().hex[:12]}"
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.program: Program | None = None

    def start(self) -> "Host":
        self.launch()
        return self.ready()

    def launch(self) -> None:
        """Starts the process without waiting until it is ready."""
        self.program = Program(
            [
                "dotnet", str(SILO), "--urls", self.url, f"--Orleans:Endpoints:SiloPort={self._silo}",
                f"--Orleans:Endpoints:GatewayPort={self._gateway}", f"--Orleans:ClusterId={self._cluster}", f"--Rosud:DataPath={self.folder}/data",
            ],
            cwd=self.folder,
        )

    def ready(self) -> "Host":
        assert self.program
        self.program.line("Rosud is ready.")
        return self

    def kill(self) -> None:
        assert self.program
        self.program.kill()
        self.program.close()

    def close(self) -> None:
        if self.program:
            self.program.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def python(script: str, *arguments: str, url: str, cwd: str | None = None) -> Program:
    """A Python program of its own that uses this client."""
    env = {"ROSUD_URL": url, "ROSUD_KEY": "", "PYTHONPATH": str(CLIENT / "src"), "PYTHONUNBUFFERED": "1"}
    return Program([sys.executable, script, *arguments], env=env, cwd=cwd)
