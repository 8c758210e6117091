"""The host is killed in the middle and started again; nothing is lost, nothing happens twice."""

import asyncio
import pathlib
import shutil
import unittest

from hosting import Host, python
from rosud_call import Agent, Change, Channel, ContractRejected, Gap, Rosud

WORKER = str(pathlib.Path(__file__).parent / "programs/worker.py")


class Restarts(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.host = Host()
        self.addCleanup(self.host.close)
        await asyncio.to_thread(self.host.start)
        self.client = Rosud(self.host.url, timeout=60)
        self.addAsyncCleanup(self.client.aclose)

    async def restart(self) -> None:
        await asyncio.to_thread(self.host.kill)
        await asyncio.to_thread(self.host.start)

    async def test_commits_and_a_watch_go_on_over_a_host_that_is_killed(self) -> None:
        channel = await Channel.create_async(id="kept", client=self.client)
        told: list[int] = []
        half = asyncio.Event()
        count = 120

        async def commit() -> list[int]:
            versions: list[int] = []
            for n in range(1, count + 1):
                versions.append((await channel.commit({"n": n})).version)
                if n == count // 3:
                    half.set()
            return versions

        async def follow() -> None:
            async with channel.watch(after=0) as events:
                async for event in events:
                    assert not (isinstance(event, Gap) and event.reason != "notices"), event
                    if isinstance(event, Change):
                        told.append(event.version)
                        if event.version == count:
                            return

        committing, following = asyncio.ensure_future(commit()), asyncio.ensure_future(follow())
        await asyncio.wait_for(half.wait(), 30)
        self.assertFalse(committing.done())
        await self.restart()
        self.assertEqual(await asyncio.wait_for(committing, 60), list(range(1, count + 1)))
        await asyncio.wait_for(following, 60)
        self.assertEqual(told, list(range(1, count + 1)))
        changes = await channel.changes(limit=500)
        self.assertEqual([change.set["n"] for change in changes], list(range(1, count + 1)))

    async def test_a_run_with_a_worker_in_another_process_goes_on(self) -> None:
        worker = python(WORKER, "answerer", "30000", "5000", url=self.host.url)
        self.addCleanup(worker.close)
        await asyncio.to_thread(worker.line, "ready")
        channel = await Channel.create_async(["answerer"], id="run", client=self.client)
        await channel.commit({"q": "why"})
        coordinating = asyncio.ensure_future(channel.coordinate({"goal": "answer", "outputs": ["a"]}, timeout_ms=60_000))
        await asyncio.to_thread(worker.line, "took 1")
        await self.restart()
        worker.say("finish")
        result = await asyncio.wait_for(coordinating, 60)
        self.assertEqual((result.status, result.outputs), ("completed", {"a": ["why", "answerer"]}), f"{result}\n{worker.all_said()}")
        self.assertIn("answerer", [agent.id async for agent in Agent.list(client=self.client)])
        # It takes the next one, too.
        again = await channel.coordinate({"goal": "answer again", "outputs": ["a"]}, timeout_ms=20_000)
        self.assertEqual(again.status, "completed", f"{again}\n{worker.all_said()}")
        self.assertEqual(await asyncio.to_thread(worker.terminate), 0, worker.all_said())

    async def test_a_worker_tells_a_host_that_knows_nothing_of_it(self) -> None:
        worker = python(WORKER, "newcomer", "30000", "0", url=self.host.url)
        self.addCleanup(worker.close)
        worker.say("finish")
        await asyncio.to_thread(worker.line, "ready")
        await asyncio.to_thread(self.host.kill)
        shutil.rmtree(f"{self.host.folder}/data")
        await asyncio.to_thread(self.host.start)
        channel = await Channel.create_async(["newcomer"], client=self.client)
        await channel.commit({"q": "why"})

        async def coordinated() -> str:
            while True:
                try:
                    return (await channel.coordinate({"goal": "answer", "outputs": ["a"]}, timeout_ms=20_000)).status
                except ContractRejected:
                    continue   # It is not back yet.

        self.assertEqual(await asyncio.wait_for(coordinated(), 60), "completed", worker.all_said())
