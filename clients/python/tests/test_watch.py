"""Every commit once and in order, whatever happens on the way."""

import asyncio
from typing import AsyncGenerator

import live
from proxy import DROP_REQUEST, PASS, Proxy
from rosud_call import Agent, Change, Channel, Gap, Notice, Rosud


class Watching(live.LiveTest):
    async def versions(self, watch: object, last: int) -> list[int]:
        found: list[int] = []

        def wanted(event: object) -> bool:
            if isinstance(event, Change):
                found.append(event.version)
            return bool(found) and found[-1] >= last

        await self.until(watch, wanted)
        return found

    async def test_it_begins_with_the_version_after_the_one_named(self) -> None:
        channel = await self.channel()
        for n in range(5):
            await channel.commit({"n": n})
        async with channel.watch(after=2) as events:
            self.assertEqual(await self.versions(events, 5), [3, 4, 5])
            self.assertEqual(events.position, "5")
        async with channel.watch(after="3", types=["commit"]) as events:
            self.assertEqual((await self.until(events, lambda event: True)).set, {"n": 3})

    async def test_entered_it_misses_nothing_that_comes_later(self) -> None:
        channel = await self.channel()
        await channel.commit({"n": 0})
        async with channel.watch() as events:
            for n in range(1, 21):
                await channel.commit({"n": n})
            self.assertEqual(await self.versions(events, 21), list(range(2, 22)))

    async def test_broken_connections_lose_and_repeat_nothing(self) -> None:
        proxy = Proxy(live.host().port)
        self.addCleanup(proxy.close)
        channel = await self.channel()
        faulty = Channel.open(channel.id, client=Rosud(proxy.url))
        found: list[int] = []
        async with faulty.watch(after=0) as events:
            for n in range(1, 31):
                await channel.commit({"n": n})
                if n % 7 == 0:
                    found += await self.versions(events, n)
                    proxy.cut()
                if n == 15:
                    refused = [2]

                    def plan(method: str, path: str) -> str:
                        refused[0] -= 1
                        return DROP_REQUEST if refused[0] >= 0 else PASS

                    proxy.plan = plan
            found += await self.versions(events, 30)
        self.assertEqual(found, list(range(1, 31)))
        self.assertGreater(len([path for path in proxy.paths("GET") if "/events" in path]), 4)

    async def test_waiting_with_a_limit_loses_nothing(self) -> None:
        channel = await self.channel()
        async with channel.watch() as events:
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(events.next(), 0.05)
            await channel.commit({"n": 1})
            self.assertEqual((await self.soon(events.next())).version, 1)

    async def test_an_event_that_comes_in_the_moment_of_cancelling_is_kept(self) -> None:
        events = (await self.channel()).watch(after=0)
        loop = asyncio.get_running_loop()
        came: asyncio.Future[Change] = loop.create_future()

        async def told() -> AsyncGenerator[Change, None]:
            yield await came

        events._events = told()
        waiting = asyncio.ensure_future(events.next())
        while events._asking is None or not came._callbacks:   # type: ignore[attr-defined]
            await asyncio.sleep(0)
        came.set_result(Change(1))
        loop.call_soon(waiting.cancel)   # Runs after the event has come and before the caller hears of it.
        with self.assertRaises(asyncio.CancelledError):
            await waiting
        self.assertEqual((await events.next()).version, 1)

    async def test_closing_it_ends_whoever_waits(self) -> None:
        channel = await self.channel()
        events = await channel.watch().start()

        async def look() -> list[object]:
            return [event async for event in events]

        looking = self.work(look())
        await channel.commit({"n": 1})
        while events.position != "1":
            await asyncio.sleep(0)   # The event has been handed over when the position stands.
        await events.aclose()
        self.assertEqual(len(await self.soon(looking)), 1)

    async def test_only_the_types_asked_for_are_told(self) -> None:
        handle = await Agent.register(live.name("agent"), writes=["a"], client=self.client)
        channel = await self.channel(handle.name)
        told: list[str] = []

        def wanted(event: Change | Notice) -> bool:
            told.append(event.type)
            return isinstance(event, Notice) and event.data["status"] == "canceled"

        async with channel.watch(types=["run", "commit"]) as events:
            await channel.commit({"n": 1})
            self.assertEqual((await self.soon(events.next())).type, "commit")   # From here on the host tells everything.
            run = await channel.submit("x", timeout_ms=10_000)
            await run.cancel()
            ended = await self.until(events, wanted)
        self.assertEqual((ended.data["run"], set(told)), (run.id, {"run"}))

    async def test_a_deleted_channel_ends_it_with_a_gap(self) -> None:
        channel = await self.channel()
        await channel.commit({"n": 1})
        async with channel.watch(after=0) as events:
            self.assertEqual((await self.soon(events.next())).version, 1)
            await channel.delete()

            async def rest() -> list[object]:
                return [event async for event in events]

            (gap,) = [event for event in await self.soon(rest()) if isinstance(event, Gap)]
            self.assertEqual(gap.reason, "deleted")

    async def test_a_slow_reader_is_caught_up_without_a_gap(self) -> None:
        channel = await self.channel()
        async with channel.watch(after=0, types=["commit"]) as events:
            await channel.commit({"n": 0})
            self.assertEqual((await self.soon(events.next())).version, 1)
            for n in range(40):   # More than sockets and the host's queue hold.
                await channel.commit({"n": n, "pad": "x" * 200_000})
            self.assertEqual(await self.versions(events, 41), list(range(2, 42)))
