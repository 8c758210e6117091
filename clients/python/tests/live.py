"""One host that the tests share, and what they often do with it. Tests that kill a host have one of their own."""

from __future__ import annotations

import asyncio
import os
import unittest
import uuid
from typing import Any, Awaitable, Callable, Coroutine

from hosting import Host
from rosud_call import Channel, ContextSync, Rosud

_host: Host | None = None


def host() -> Host:
    global _host
    if _host is None:
        _host = Host().start()
        os.environ["ROSUD_URL"] = _host.url
    return _host


def close() -> None:
    if _host is not None:
        _host.close()


def name(kind: str) -> str:
    """A name that no other test has."""
    return f"{kind}-{uuid.uuid4().hex[:10]}"


class LiveTest(unittest.IsolatedAsyncioTestCase):
    """Tests on the shared host. What takes more than 30 s has failed."""

    @classmethod
    def setUpClass(cls) -> None:
        host()

    async def asyncSetUp(self) -> None:
        self.client = Rosud(host().url)
        self._works: list[asyncio.Task[Any]] = []

    async def asyncTearDown(self) -> None:
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)
        await self.client.aclose()

    async def channel(self, *agents: str, client: Rosud | None = None, **sync: Any) -> Channel:
        return await Channel.create_async(agents, ContextSync(**sync), id=name("channel"), client=client or self.client)

    def work(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Does something beside the test, until its end."""
        task = asyncio.ensure_future(coroutine)
        self._works.append(task)
        return task

    async def soon(self, awaitable: Awaitable[Any], seconds: float = 30) -> Any:
        return await asyncio.wait_for(awaitable, seconds)

    async def until(self, watch: Any, wanted: Callable[[Any], bool]) -> Any:
        """The first event that is wanted."""

        async def look() -> Any:
            async for event in watch:
                if wanted(event):
                    return event

        return await self.soon(look())
