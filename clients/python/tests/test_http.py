"""The HTTP of other servers, and what is no HTTP at all."""

import asyncio
import unittest
from typing import Any

from rosud_call import Backoff, Channel, NotFound, Rosud, RosudError, Unreachable

BODY = b'{"version":3,"entries":{}}'


def framed(*pieces: bytes) -> bytes:
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"


class Answers(unittest.IsolatedAsyncioTestCase):
    async def read(self, *answers: bytes, timeout: float = 10) -> Any:
        """What ``read`` makes of the answers, each to one connection."""
        left = list(answers)
        self.heads: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                answer = left.pop(0) if left else b""
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                for i in range(0, len(answer), 7):   # Cut in the most inconvenient places.
                    writer.write(answer[i : i + 7])
                    await writer.drain()
                writer.close()
                await writer.wait_closed()
            except OSError:
                pass

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/base/"
        try:
            return await Channel.open("c", client=Rosud(url, "the-key", timeout, backoff=Backoff(0.01, 0.02))).read()
        finally:
            server.close()

    async def test_every_way_to_frame_a_body_is_read(self) -> None:
        ok = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        for name, answer in {
            "length": ok + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
            "chunks": ok + b"Transfer-Encoding: chunked\r\n\r\n" + framed(BODY[:5], BODY[5:]),
            "end of the connection": ok + b"Connection: close\r\n\r\n" + BODY,
            "1.0": b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + BODY,
            "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n" + ok + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY),
            "members of a newer host": ok + b"Connection: close\r\n\r\n" + b'{"version":3,"newer":[1],"entries":{}}',
        }.items():
            with self.subTest(name):
                self.assertEqual((await self.read(answer)).version, 3)
        self.assertIn(b"GET /base/v1/channels/c/context?consistency=confirmed HTTP/1.1\r\n", self.heads[0])
        self.assertIn(b"Authorization: Bearer the-key\r\n", self.heads[0])

    async def test_answers_that_are_cut_off_are_asked_for_again(self) -> None:
        whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
        for cut in (0, 5, 40, len(whole) - 1):
            with self.subTest(cut):
                self.assertEqual((await self.read(whole[:cut], whole)).version, 3)
        self.assertEqual((await self.read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ver", whole)).version, 3)

    async def test_what_is_no_http_is_no_answer(self) -> None:
        for garbage in (b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"x" * 200_000):
            with self.subTest(garbage[:20]), self.assertRaises(Unreachable):
                await self.read(*[garbage] * 500, timeout=0.3)

    async def test_what_something_else_answers_is_an_error_with_its_status(self) -> None:
        with self.assertRaises(NotFound):
            await self.read(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
        for status in (b"302 Found", b"500 Oops"):
            with self.assertRaises(RosudError) as caught:
                await self.read(b"HTTP/1.1 %s\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n" % status)
            self.assertEqual(caught.exception.status, int(status[:3]))
        with self.assertRaises(RosudError) as caught:
            await self.read(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{]}")
        self.assertEqual(caught.exception.name, "unreadable")
