"""What is lost on the way is asked for again, and happens once."""

import asyncio
import json
import signal
import threading

import live
from proxy import DROP_ANSWER, DROP_REQUEST, PASS, SILENT, Proxy
import rosud_call
from rosud_call import blocking
from rosud_call import Agent, Backoff, Channel, CircuitOpen, Overloaded, Rosud, Unreachable


def times(count: int, first: object, then: object = PASS, of: str = ""):   # type: ignore[no-untyped-def]
    """A plan: ``first`` for so many requests whose method and path contain ``of``, afterwards ``then``."""
    left = [count]

    def plan(method: str, path: str) -> object:
        if of in f"{method} {path}" and left[0] > 0:
            left[0] -= 1
            return first
        return then

    return plan


def problem(name: str, status: int, retry_after_ms: float | None = None, header: str | None = None):   # type: ignore[no-untyped-def]
    body = {"type": f"urn:rosud:problem:{name}", "title": name, "status": status, "detail": "Invented by the proxy."}
    if retry_after_ms is not None:
        body["retry_after_ms"] = retry_after_ms   # type: ignore[assignment]
    return status, {"Content-Type": "application/problem+json", **({"Retry-After": header} if header else {})}, json.dumps(body).encode()


class Faults(live.LiveTest):
    async def asyncSetUp(self) -> None:
        await super().asyncSetUp()
        self.proxy = Proxy(live.host().port)
        self.addCleanup(self.proxy.close)
        self.faulty = Rosud(self.proxy.url, timeout=20, backoff=Backoff(0.01, 0.05))

    async def behind(self, *agents: str) -> Channel:
        return Channel.open((await self.channel(*agents)).id, client=self.faulty)

    async def test_a_commit_whose_answer_was_lost_is_applied_once(self) -> None:
        channel = await self.behind()
        self.proxy.plan = times(3, DROP_ANSWER, of="PATCH")
        done = await channel.commit({"n": 1})
        self.assertEqual((done.version, done.outcome), (1, "committed"))
        self.proxy.plan = times(0, PASS)
        self.assertEqual([change.version for change in await channel.changes()], [1])
        keys = {headers["idempotency-key"] for method, _, headers in self.proxy.requests if method == "PATCH"}
        self.assertEqual((len(self.proxy.paths("PATCH")), len(keys)), (4, 1))

    async def test_each_call_has_a_key_of_its_own(self) -> None:
        channel = await self.behind()
        await channel.commit({"n": 1})
        await channel.commit({"n": 1})
        self.assertEqual(len({headers["idempotency-key"] for method, _, headers in self.proxy.requests if method == "PATCH"}), 2)

    async def test_every_other_verb_outlives_a_lost_answer_too(self) -> None:
        handle = Agent.open(live.name("agent"), client=self.faulty)
        for verb in (
            lambda: Agent.register(handle.name, reads=["q"], writes=["a"], client=self.faulty), lambda: handle.describe(), lambda: handle.supervisor(),
            lambda: handle.force_open(), lambda: handle.reset(), lambda: rosud_call.Network.configure_async(name=live.name("net"), client=self.faulty),
        ):
            self.proxy.plan = times(1, DROP_ANSWER)
            await verb()
        self.proxy.plan = times(1, DROP_ANSWER)
        made = await Channel.create_async([handle.name], client=self.faulty)
        self.assertEqual((await made.describe()).agents, (handle.name,))
        await made.commit({"q": 1})
        self.proxy.plan = times(1, DROP_ANSWER, of="coordinate")
        run = await made.submit("once", timeout_ms=20_000)
        self.assertEqual([known.run async for known in rosud_call.Run.list(made.id, client=self.client)], [run.id])
        self.proxy.plan = times(1, DROP_ANSWER)
        self.assertEqual((await run.cancel()).status, "canceled")
        for verb in (made.delete, handle.delete):
            self.proxy.plan = times(1, DROP_ANSWER)
            await verb()
        for deleted in (made, handle):
            with self.assertRaises(rosud_call.NotFound):
                await deleted.describe()
        with self.assertRaises(rosud_call.NotFound):
            await Channel.open(live.name("never"), client=self.client).delete()

    async def test_coordinate_joins_the_run_that_it_had_started(self) -> None:
        handle = await Agent.register(live.name("agent"), reads=["q"], writes=["a"], client=self.client)
        channel = await self.behind(handle.name)
        await channel.commit({"q": 1})
        self.proxy.plan = times(1, DROP_ANSWER, of="coordinate")
        coordinating = self.work(channel.coordinate("answer", timeout_ms=15_000))
        (assignment,) = await handle.take(wait_ms=10_000)
        await rosud_call.assignments.AssignmentCalls(self.client, assignment.id).complete('{"writes":{"a":1}}')
        result = await self.soon(coordinating)
        self.assertEqual((result.status, len(result.attempts)), ("completed", 1))
        self.assertEqual(len(self.proxy.paths("POST")), 2)
        self.assertEqual(len([run async for run in rosud_call.Run.list(channel.id, client=self.client)]), 1)

    async def test_refusals_that_pass_are_waited_for_as_long_as_they_ask(self) -> None:
        channel = await self.behind()
        clock = asyncio.get_running_loop().time
        for refusal in (problem("overloaded", 429, 300), problem("unknown-outcome", 503, 300), problem("in-progress", 409), (502, {}, b"<html>"), (503, {}, b""), (504, {}, b"")):
            self.proxy.requests.clear()
            self.proxy.plan = times(2, refusal, of="PATCH")
            began = clock()
            await channel.commit({"n": 1})
            self.assertEqual(len(self.proxy.paths("PATCH")), 3)
            if b"300" in refusal[2]:
                self.assertGreaterEqual(clock() - began, 0.6)

    async def test_the_header_counts_where_the_problem_says_nothing(self) -> None:
        channel = await self.behind()
        self.proxy.plan = times(1, (429, {"Retry-After": "1"}, b""), of="PATCH")
        began = asyncio.get_running_loop().time()
        await channel.commit({"n": 1})
        self.assertGreaterEqual(asyncio.get_running_loop().time() - began, 1.0)

    async def test_a_refusal_that_lasts_longer_than_the_call_is_raised_at_once(self) -> None:
        channel = await self.behind()
        self.proxy.plan = times(9, problem("overloaded", 429, 3_600_000, "3600"), of="PATCH")
        with self.assertRaises(Overloaded) as caught:
            await channel.commit({"n": 1})
        self.assertEqual((caught.exception.retry_after, len(self.proxy.paths("PATCH"))), (3600.0, 1))

    async def test_an_open_circuit_and_a_fault_of_the_host_are_not_repeated(self) -> None:
        channel = await self.behind()
        for refusal, kind in ((problem("circuit-open", 503, 100), CircuitOpen), (problem("internal", 500), rosud_call.RosudError)):
            self.proxy.requests.clear()
            self.proxy.plan = times(9, refusal)
            with self.assertRaises(kind):
                await channel.commit({"n": 1})
            self.assertEqual(len(self.proxy.requests), 1)

    async def test_a_call_ends_by_its_deadline(self) -> None:
        channel = Channel.open((await self.behind()).id, client=self.faulty.with_timeout(0.5))
        self.proxy.plan = times(10**6, DROP_REQUEST)
        began = asyncio.get_running_loop().time()
        with self.assertRaises(Unreachable) as caught:
            await channel.commit({"n": 1})
        self.assertTrue(caught.exception.maybe_applied)
        self.proxy.plan = times(10**6, SILENT)
        with self.assertRaises(Unreachable):
            await channel.read()
        self.assertLess(asyncio.get_running_loop().time() - began, 5)

    async def test_cancelling_a_call_closes_its_connection(self) -> None:
        channel = await self.behind()
        self.proxy.plan = times(1, SILENT)
        call = asyncio.ensure_future(channel.read())
        await asyncio.to_thread(self.proxy.silent.wait, 10)
        call.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await call
        self.assertTrue(await asyncio.to_thread(self.proxy.gone.wait, 10))

    def test_ctrl_c_ends_a_blocking_call_and_its_connection(self) -> None:
        proxy = Proxy(live.host().port, times(1, SILENT))

        def interrupt() -> None:
            proxy.silent.wait(10)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        with self.assertRaises(KeyboardInterrupt):
            blocking.Channel.open("any", client=Rosud(proxy.url)).read()
        self.assertTrue(proxy.gone.wait(10))
        self.assertEqual(len(proxy.requests), 1)
        proxy.close()

    async def test_connections_are_used_again(self) -> None:
        channel = await self.channel()
        connections = set()
        take = self.client._pool.take

        async def counted(timeout: float) -> object:
            connection = await take(timeout)
            connections.add(connection)
            return connection

        self.client._pool.take = counted   # type: ignore[method-assign, assignment]
        for n in range(10):
            await channel.commit({"n": n})
        self.assertEqual(len(connections), 1)

    async def test_many_long_polls_do_not_keep_a_commit_waiting(self) -> None:
        handle = await Agent.register(live.name("agent"), reads=["q"], writes=["a"], client=self.client)
        channel = await self.channel()
        polls = [self.work(handle.take(wait_ms=20_000)) for _ in range(100)]
        done = await self.soon(channel.commit({"n": 1}), 10)
        self.assertEqual((done.version, sum(poll.done() for poll in polls)), (1, 0))
