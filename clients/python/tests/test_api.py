import asyncio
import hashlib
import io
import json
import pathlib
import tempfile
import textwrap
import unittest
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import live
import rosud_call
from rosud_call import Agent, Change, Channel, ContextSync, CoordinationPolicy, KeyPolicy, Network, NotFound, Notice, Rosud, Run, RunResult, agent, serve_async

SNIPPET = (pathlib.Path(__file__).parent / "api_snippet.txt").read_text()


class TheContract(live.LiveTest):
    async def test_its_snippet_runs_verbatim_in_an_async_function(self) -> None:
        live.host()   # Sets ROSUD_URL: the snippet uses the default connection.
        ready = asyncio.Event()

        @agent("planner", writes=["plan.*"])
        async def planner(work: rosud_call.Work) -> dict[str, object]:
            return {"plan.scope": work.goal}

        @agent("researcher", reads=["plan.*"], writes=["facts.*"])
        def researcher(work: rosud_call.BlockingWork) -> dict[str, object]:
            return {"facts.best": [work["plan.scope"]]}

        @agent("executor", reads=["facts.*"], writes=["report"])
        async def executor(work: rosud_call.Work) -> dict[str, object]:
            return {"report": work["facts.best"] + ["done"]}

        self.work(serve_async(planner, researcher, executor, client=self.client, ready=ready.set))
        await self.soon(ready.wait())
        names: dict[str, Any] = {"complex_task": "Find out why"}
        exec(f"async def snippet():\n{textwrap.indent(SNIPPET, '    ')}\n    return channel, result, network", names)
        channel, result, network = await names["snippet"]()
        self.assertEqual((result.status, result.outputs, result.agents.needed), ("completed", {"report": ["Find out why", "done"]}, 3))
        self.assertEqual((await channel.describe()).sync.staleness_threshold_ms, 500)
        self.assertEqual((await network.describe()).coordination.circuit_breaker_threshold, 0.3)


class EveryVerb(live.LiveTest):
    async def test_channels_are_made_found_listed_changed_and_deleted(self) -> None:
        sync = ContextSync(conflict_resolution="first_wins", keys={"facts.*": KeyPolicy(conflict_resolution="merge", merge="union"), "n": {"valid_for_ms": 1000}})
        id = live.name("channel")
        channel = await Channel.create_async(["a", "b"], sync, id=id, client=self.client)
        self.assertEqual((await Channel.create_async(["a", "b"], sync, id=id, client=self.client)).id, id)
        with self.assertRaises(rosud_call.AlreadyExists):
            await Channel.create_async(["a"], sync, id=id, client=self.client)
        info = await channel.describe()
        self.assertEqual((info.id, info.network, info.agents, info.version), (id, "default", ("a", "b"), 0))
        self.assertEqual(info.sync.keys["facts.*"].merge, "union")   # type: ignore[index, union-attr]
        self.assertIsInstance(info.created_at, datetime)
        self.assertEqual((await channel.configure(agents=["c"])).agents, ("c",))
        self.assertEqual((await channel.configure(sync={"staleness_threshold_ms": None})).sync.staleness_threshold_ms, None)
        self.assertIn(id, [known.id async for known in Channel.list(limit=2, client=self.client)])
        page = await Channel.list(limit=1, client=self.client)
        self.assertEqual(len(page), 1)
        unnamed = await Channel.create_async(client=self.client)
        self.assertNotEqual(unnamed.id, id)
        await channel.delete()
        with self.assertRaises(rosud_call.NotFound) as caught:
            await channel.describe()
        self.assertEqual((caught.exception.status, caught.exception.name), (404, "not-found"))

    async def test_context_is_read_at_any_version_and_committed_once(self) -> None:
        channel = await self.channel()
        before = datetime.now(timezone.utc).timestamp() - 60
        self.assertEqual((await channel.commit({"plan.scope": {"deep": [1, None]}, "x": 1}, writer="planner")).version, 1)
        seen = await channel.read()
        self.assertEqual(dict(seen), {"plan.scope": {"deep": [1, None]}, "x": 1})
        entry = seen.entries["x"]
        self.assertEqual((entry.version, entry.created_version, entry.writer), (1, 1, "planner"))
        self.assertGreater(entry.committed_at.timestamp(), before)   # type: ignore[union-attr]
        await channel.commit({"x": 2}, delete=["plan.scope"], based_on=seen)
        self.assertEqual(dict(await channel.read("plan.*")), {})
        self.assertEqual((await channel.read(["x"], version=1))["x"], 1)
        self.assertEqual((await channel.read(consistency="plain", min_version=2)).version, 2)
        self.assertNotIn("plan.scope", await channel.read())
        page = await channel.changes(after=0, limit=1)
        self.assertEqual((len(page), page[0].version, page.version, page.gap), (1, 1, 2, False))
        (second,) = await channel.changes(after=seen)
        self.assertEqual((second.set, second.delete, second.id, second.type), ({"x": 2}, ("plan.scope",), "2", "commit"))
        again = [await channel.commit({"y": 1}, idempotency_key="mine") for _ in range(2)]
        self.assertEqual([done.version for done in again], [3, 3])
        merged = await self.channel(conflict_resolution="merge", merge="union")
        await merged.commit({"facts": ["a"]})
        self.assertEqual((await merged.commit({"facts": ["b", "a"]})).merged, ("facts",))
        self.assertEqual((await merged.read())["facts"], ["a", "b"])

    async def test_what_was_written_is_compared_blamed_and_where_it_clashed_decided(self) -> None:
        channel = await self.channel(conflict_resolution="manual")
        await channel.commit({"city": "Lyon", "price": 100})
        await channel.commit({"price": 120}, based_on=1, writer="market")
        self.assertEqual((await channel.commit({"price": 90}, based_on=1, writer="planner")).parked, ("price",))
        (conflict,) = await channel.conflicts()
        self.assertEqual((conflict.key, conflict.parked.writer, conflict.parked.value, conflict.current.value), ("price", "planner", 90, 120))
        self.assertEqual((await channel.resolve(conflict, value=95, writer="person")).version, 3)
        self.assertEqual(len(await channel.conflicts()), 0)
        with self.assertRaises(NotFound):
            await channel.resolve(conflict.id, "parked")
        self.assertEqual([write.writer async for write in channel.blame("price", limit=1)], ["person", "market", "operator"])
        self.assertEqual([write.value async for write in channel.blame("price", up_to=2)], [120, 100])
        (difference,) = await channel.diff(1)
        self.assertEqual((difference.key, difference.change, difference.before.value, difference.after.value), ("price", "changed", 100, 95))
        self.assertEqual([key.change async for key in channel.diff(0, 1, keys=["c*"], limit=1)], ["added"])
        for wrong in ({}, {"choose": "parked", "value": 1}, {"choose": "other"}):
            with self.assertRaises(ValueError):
                await channel.resolve("p1", **wrong)

    async def test_who_wrote_what_is_read_checked_and_exported(self) -> None:
        channel = await self.channel()
        await channel.commit({"a": 1}, writer="planner")
        first = await channel.verify_audit()
        await channel.commit({"a": 2}, writer="market")
        self.assertEqual([line.entry["kind"] async for line in channel.audit(limit=1)], ["made", "commit", "commit"])
        (line,) = await channel.audit(after=2)
        self.assertEqual((line.entry["n"], line.entry["writer"], line.entry["version"]), (3, "market", 2))
        then = await channel.verify_audit(first)
        self.assertEqual((first.ok, first.entries, first.extends, first.values), (True, 2, None, 1))
        self.assertEqual((then.ok, then.entries, then.extends, then.broken, then.head), (True, 3, True, None, line.hash))
        rewritten = await channel.verify_audit(rosud_call.AuditPoint(first.number, then.head))
        self.assertEqual((rewritten.ok, rewritten.extends), (False, False))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "audit.ndjson")
            await channel.export_audit(path)
            lines = path.read_bytes().splitlines()
            rest = io.BytesIO()
            await channel.export_audit(rest, after=2)
            with self.assertRaises(NotFound):
                await Channel.open(live.name("nobody"), client=self.client).export_audit(pathlib.Path(folder, "none"))
            self.assertFalse(pathlib.Path(folder, "none").exists())
        self.assertTrue(lines[0].startswith(b'{"header":') and lines[-1].startswith(b'{"head":'))
        chain = bytes(32)
        for number, exported in enumerate(lines[1:-1], 1):
            entry, _, end = exported.removeprefix(b'{"entry":').rpartition(b',"hash":"')
            chain = hashlib.sha256(chain + entry).digest()
            self.assertEqual((json.loads(entry)["n"], end), (number, chain.hex().encode() + b'"}'))
        self.assertEqual(chain.hex(), then.head)
        self.assertEqual(rest.getvalue().splitlines()[1:-1], lines[3:-1])

    async def test_numbers_survive_the_host(self) -> None:
        channel = await self.channel()
        await channel.commit({"big": 2**200, "money": Decimal("1.10"), "float": 0.1})
        seen = await channel.read()
        self.assertEqual((seen["big"], seen["money"].written, seen["float"]), (2**200, "1.10", 0.1))
        await channel.commit({"money": seen["money"]})
        await channel.commit({"ok": True}, reads=["money"], based_on=1)   # Written back, it has not changed.

    async def test_runs_are_submitted_followed_listed_and_cancelled(self) -> None:
        name = live.name("agent")
        handle = await Agent.register(name, reads=["q"], writes=["a"], client=self.client)
        channel = await self.channel(name)
        await channel.commit({"q": 1})
        run = await channel.submit({"goal": "answer", "outputs": ["a"]}, timeout_ms=20_000, priority="batch", execution="sequential")
        self.assertFalse((await run.result(wait_ms=0)).ended)
        told: list[object] = []

        async def follow() -> None:
            async for event in run.events():
                told.append(event)

        following = self.work(follow())
        (assignment,) = await handle.take(max=1, wait_ms=10_000)
        self.assertEqual((assignment.agent, assignment.run, assignment.goal, assignment.context["q"]), (name, run.id, "answer", 1))
        calls = rosud_call.assignments.AssignmentCalls(self.client, assignment.id)
        beat = await calls.heartbeat(0.5, "half")
        self.assertFalse(beat.superseded or beat.cancelled)
        self.assertEqual(await calls.publish({"a": 0}), 2)
        settled = await calls.complete(rosud_call.Completion({"a": 2}, usage={"input_tokens": 3, "output_tokens": 4}).to_json())
        self.assertEqual((settled.outcome, settled.version), ("accepted", 3))
        result = await self.soon(run.result())
        self.assertEqual((result.status, result["a"], result.tokens.work), ("completed", 2, 7))
        self.assertEqual((result.attempts[0].outcome, result.attempts[0].usage.input_tokens), ("accepted", 3))   # type: ignore[union-attr]
        await self.soon(following)
        self.assertIsInstance(told[0], RunResult)
        self.assertEqual(told[-1].status, "completed")   # type: ignore[attr-defined]
        self.assertEqual([event.set for event in told if isinstance(event, Change)], [{"a": 0}, {"a": 2}])
        self.assertTrue(any(isinstance(event, Notice) and event.type == "assignment" for event in told))
        self.assertEqual({"accepted", "started", "published", "committed", "ended"} - {event.kind for event in await run.timeline()}, set())
        self.assertEqual([known.run async for known in Run.list(channel.id, "completed", client=self.client)], [run.id])
        other = await channel.submit("again", timeout_ms=20_000)
        self.assertEqual((await Run.open(other.id, client=self.client).cancel()).status, "canceled")
        self.assertEqual((await other.result()).status, "canceled")

    async def test_the_same_task_id_joins_its_run(self) -> None:
        name = live.name("agent")
        await Agent.register(name, reads=["q"], writes=["a"], client=self.client)
        channel = await self.channel(name)
        await channel.commit({"q": 1})
        runs = [await channel.submit({"goal": "answer", "id": "mine"}, timeout_ms=20_000) for _ in range(2)]
        self.assertEqual(runs[0].id, runs[1].id)
        with self.assertRaises(rosud_call.IdempotencyMismatch):
            await channel.submit({"goal": "another", "id": "mine"})
        joined = await self.soon(channel.coordinate({"goal": "answer", "id": "mine"}, timeout_ms=50))
        self.assertFalse(joined.ended)   # Its own time was over before the run's.
        self.assertNotEqual((await channel.submit("answer")).id, (await channel.submit("answer")).id)

    async def test_networks_and_agents_show_what_they_are(self) -> None:
        network = await Network.configure_async(CoordinationPolicy(max_staleness_ms=0, prices={"gpt": {"input_usd_per_million": 3, "output_usd_per_million": 15}}), live.name("net"), client=self.client)
        info = await network.describe()
        self.assertEqual((info.name, info.coordination.max_staleness_ms, info.coordination.execution), (network.name, 0, "selective_parallel"))
        self.assertEqual((await network.metrics())["runs"]["total"], 0)
        self.assertEqual(await network.verdict(), ())
        self.assertEqual((await network.report())["before"]["runs"], 0)
        now = datetime.now(timezone.utc)
        spans = await network.report(from_time=now - timedelta(hours=4), split_time=now - timedelta(hours=2), to_time=now)
        self.assertLess(spans["before"]["from"], spans["after"]["to"])
        with self.assertRaisesRegex(ValueError, "to_time must be a time with a zone"):
            await network.report(to_time=now.replace(tzinfo=None))
        self.assertIn("by_agent", await Network.total_metrics(client=self.client))
        compared = await Network.configure_async(CoordinationPolicy(verdict={"sample_rate": 0.5, "baselines": {"trips": "solo"}}), live.name("net"), client=self.client)
        [verdict] = await compared.verdict()
        self.assertEqual((verdict["task_class"], verdict["verdict"], verdict["pairs_needed"]), ("trips", "insufficient", 80))
        self.assertEqual((await Network.open(client=self.client).describe()).name, "default")
        handle = await Agent.register(live.name("agent"), reads=["a.*"], writes=["b"], description="Does b.", max_concurrency=2, capability="b", client=self.client)
        registered = await handle.describe()
        self.assertEqual((registered.reads, registered.writes, registered.max_concurrency, registered.capability, registered.transport["kind"]), (("a.*",), ("b",), 2, "b", "pull"))
        self.assertIn(handle.name, [known.id async for known in Agent.list(limit=3, client=self.client)])
        self.assertEqual((await handle.force_open()).breaker.state, "forced_open")
        supervisor = await handle.reset()
        self.assertEqual((supervisor.breaker.state, supervisor.bulkhead.max_concurrency), ("closed", 2))
        self.assertEqual((await handle.supervisor(network.name)).bulkhead.running, 0)
        await handle.delete()
        with self.assertRaises(rosud_call.NotFound):
            await handle.describe()


class Loops(unittest.TestCase):
    def test_one_client_goes_through_many_event_loops(self) -> None:
        client = Rosud(live.host().url)
        channel = Channel.create(id=live.name("loops"), client=client)
        for version in range(1, 4):
            self.assertEqual(asyncio.run(channel.commit({"n": version})).version, version)

    def test_making_a_channel_inside_of_a_coroutine_is_one_short_call(self) -> None:
        async def make() -> str:
            return Channel.create(id=live.name("inside"), client=Rosud(live.host().url)).id

        self.assertTrue(asyncio.run(make()).startswith("inside-"))
