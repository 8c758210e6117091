"""Workers in this process and in others."""

import asyncio
import json
import pathlib
import signal
import threading
import time

import live
import test_signature
from hosting import Program, python
from proxy import PASS, Proxy
from rosud_call import Agent, BlockingWork, Completion, ContextSync, Deferred, Failure, InvalidRequest, NotFound, Rosud, Run, RunResult, Stopped, Usage, Work, agent, answer_webhook_async, serve_async

WORKER = str(pathlib.Path(__file__).parent / "programs/worker.py")


class Workers(live.LiveTest):
    async def serve(self, *agents: object, **options: object) -> "asyncio.Task[None]":
        ready = asyncio.Event()
        serving = self.work(serve_async(*agents, client=self.client, ready=ready.set, **options))   # type: ignore[arg-type]
        waiting = asyncio.ensure_future(ready.wait())
        await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED, timeout=30)
        waiting.cancel()
        if serving.done():
            serving.result()
        return serving

    async def run_one(self, handler: object, **task: object) -> RunResult:
        """One run of one step by the handler."""
        await self.serve(handler)
        channel = await self.channel(handler.name)   # type: ignore[attr-defined]
        await channel.commit({"q": 20})
        return await self.soon(channel.coordinate({"goal": "work", "outputs": ["a"], **task}, timeout_ms=15_000))

    async def test_both_kinds_of_handlers_see_their_work(self) -> None:
        seen: list[object] = []

        def note(work: Work | BlockingWork) -> dict[str, object]:
            seen.append((work["q"], work.get("z", "none"), "z" in work, work.goal, work.input, work.attempt, work.changed, work.stopped, work.context.version))
            assert 0 < work.time_left <= 30 and work.deadline and work.idempotency_key
            return {"a": work["q"] + 1}

        @agent(live.name("async"), reads=["q"], writes=["a"])
        async def asynchronous(work: Work) -> dict[str, object]:
            return note(work)

        @agent(live.name("plain"), reads=["q"], writes=["a"])
        def plain(work: BlockingWork) -> dict[str, object]:
            assert threading.current_thread() is not threading.main_thread()
            return note(work)

        for handler in (asynchronous, plain):
            result = await self.run_one(handler, input={"x": 1.50})
            self.assertEqual((result.status, result["a"]), ("completed", 21))
        self.assertEqual(seen, [(20, "none", False, "work", {"x": 1.5}, 1, None, False, 1)] * 2)

    async def test_an_output_that_breaks_the_agents_schema_is_rejected_and_done_again(self) -> None:
        schema = {"type": "object", "required": ["found"], "properties": {"found": {"type": "integer"}}}

        @agent(live.name("strict"), reads=["q"], writes=["a"], output_schema=schema, max_usage={"tokens": 500, "cost_usd": 0.25})
        async def strict(work: Work) -> Completion:
            return Completion(writes={"a": work["q"]}, output={"found": "two" if work.attempt == 1 else 2})

        result = await self.run_one(strict)
        self.assertEqual((result.status, [attempt.outcome for attempt in result.attempts]), ("completed", ["rejected", "accepted"]))
        self.assertIn("/found", result.attempts[0].reason or "")
        described = await Agent.open(strict.name, client=self.client).describe()
        self.assertEqual((described.output_schema, described.max_usage), (schema, {"tokens": 500, "cost_usd": 0.25}))
        with self.assertRaises(InvalidRequest) as caught:
            await Agent.register(live.name("faulty"), output_schema={"type": "whole"}, client=self.client)
        self.assertIn("/output_schema/type", str(caught.exception.errors))

    async def test_what_comes_in_the_moment_of_the_stop_goes_to_another_worker_at_once(self) -> None:
        proxy = Proxy(int(live.host().url.rsplit(":", 1)[1]))
        self.addCleanup(proxy.close)
        loop, handed, stop, ready = asyncio.get_running_loop(), threading.Event(), asyncio.Event(), asyncio.Event()

        # The host has handed the assignment out, and the worker does not have it yet.
        def stop_first(path: str) -> None:
            if path.endswith("/take") and not handed.is_set():
                handed.set()
                loop.call_soon_threadsafe(stop.set)
                released.wait(10)

        def plan(method: str, path: str) -> str:
            if path.endswith("/release"):
                released.set()
            return PASS

        released = threading.Event()
        proxy.answer, proxy.plan = stop_first, plan

        @agent(live.name("bulk"), writes=["a"])
        async def leaver(work: Work) -> dict[str, object]:
            return {"a": "leaver"}

        leaving = self.work(serve_async(leaver, client=Rosud(proxy.url), stop=stop, ready=ready.set))
        await self.soon(ready.wait())
        channel = await self.channel(leaver.name)
        running = self.work(channel.coordinate({"goal": "work", "outputs": ["a"]}, timeout_ms=20_000))
        await self.soon(leaving)

        @agent(leaver.name, writes=["a"])
        async def stayer(work: Work) -> dict[str, object]:
            return {"a": "stayer"}

        await self.serve(stayer)
        result = await self.soon(running)
        self.assertEqual((result.status, result["a"]), ("completed", "stayer"))
        self.assertTrue(released.is_set())

    async def test_an_early_key_starts_its_reader_before_the_work_is_done(self) -> None:
        read = asyncio.Event()

        @agent(live.name("first"), reads=["q"], writes=["early", "late"])
        async def first(work: Work) -> dict[str, object]:
            await work.publish({"early": 1})
            await read.wait()   # Would wait for ever if the reader began only afterwards.
            return {"early": 1, "late": 2}

        @agent(live.name("second"), reads=["early"], writes=["a"])
        async def second(work: Work) -> dict[str, object]:
            read.set()
            return {"a": work["early"]}

        await self.serve(first, second)
        channel = await self.channel(first.name, second.name)
        await channel.commit({"q": 1})
        result = await self.soon(channel.coordinate({"goal": "x", "outputs": ["a", "late"]}, timeout_ms=15_000))
        self.assertEqual((result.status, result.outputs), ("completed", {"a": 1, "late": 2}))

    async def test_work_that_is_superseded_is_cancelled_and_done_again(self) -> None:
        begun, ended = asyncio.Queue[int](), asyncio.Queue[str]()
        stops: list[str | None] = []

        @agent(live.name("async"), reads=["q"], writes=["a"])
        async def asynchronous(work: Work) -> dict[str, object]:
            begun.put_nowait(work["q"])
            try:
                if work["q"] == 1:
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                stops.append(work.stop_reason)
                raise
            assert work.changed and work.changed.keys == ("q",)
            return {"a": work["q"]}

        loop = asyncio.get_running_loop()

        @agent(live.name("plain"), reads=["q"], writes=["a"])
        def plain(work: BlockingWork) -> dict[str, object]:
            loop.call_soon_threadsafe(begun.put_nowait, work["q"])
            if work["q"] == 1 and work.wait(30):
                stops.append(work.stop_reason)
                work.check()
            return {"a": work["q"]}

        for handler in (asynchronous, plain):
            await self.serve(handler)
            channel = await self.channel(handler.name, staleness_threshold_ms=0)
            await channel.commit({"q": 1})
            coordinating = self.work(channel.coordinate({"goal": "x", "outputs": ["a"]}, timeout_ms=15_000))
            self.assertEqual(await self.soon(begun.get()), 1)
            await channel.commit({"q": 2})
            self.assertEqual(await self.soon(begun.get()), 2)
            result = await self.soon(coordinating)
            self.assertEqual((result.status, result["a"], result.retries_by_cause["stale"]), ("completed", 2, 1))
        self.assertEqual(stops, ["superseded", "superseded"])

    async def test_a_handler_takes_in_what_changed_and_goes_on(self) -> None:
        begun = asyncio.Event()
        taken: list[tuple[str, ...]] = []

        @agent(live.name("rebasing"), reads=["q"], writes=["a"], rebase=True)
        async def rebasing(work: Work) -> dict[str, object]:
            begun.set()
            while not work.has_changed:
                await asyncio.sleep(0.02)
            taken.extend((work.rebase(), work.rebase()))
            return {"a": work["q"]}

        await self.serve(rebasing)
        channel = await self.channel(rebasing.name)
        await channel.configure(sync=ContextSync(staleness_threshold_ms=0))
        await channel.commit({"q": 1})
        running = asyncio.ensure_future(channel.coordinate("work", timeout_ms=15_000, on_stale_context="rebase"))
        await self.soon(begun.wait())
        await channel.commit({"q": 2})
        result = await self.soon(running)
        self.assertEqual((result.status, result["a"], len(result.attempts)), ("completed", 2, 1))
        self.assertEqual(taken, [("q",), ()])

    async def test_a_step_starts_a_run_that_is_a_child_of_its_own(self) -> None:
        @agent(live.name("helper"), reads=["q"], writes=["a"])
        async def helper(work: Work) -> Completion:
            return Completion({"a": work["q"]}, usage=Usage(5, 5))

        await self.serve(helper)
        below = await self.channel(helper.name)
        await below.commit({"q": 7})

        @agent(live.name("lead"), reads=["q"], writes=["a"])
        async def lead(work: Work) -> dict[str, object]:
            return {"a": (await below.coordinate("help", parent=work))["a"]}

        result = await self.run_one(lead)
        self.assertEqual((result.status, result["a"], len(result.children)), ("completed", 7, 1))
        child = await Run.open(result.children[0], client=self.client).describe()
        self.assertEqual((child.parent, child.status), (result.run, "completed"))

    async def test_a_cancelled_run_and_a_deadline_stop_the_work(self) -> None:
        stops: asyncio.Queue[str | None] = asyncio.Queue()
        begun = asyncio.Event()

        @agent(live.name("agent"), reads=["q"], writes=["a"], timeout_ms=500)
        async def endless(work: Work) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                stops.put_nowait(work.stop_reason)

        await self.serve(endless)
        channel = await self.channel(endless.name)
        await channel.commit({"q": 1})
        run = await channel.submit({"goal": "x", "steps": [{"id": "s", "agent": endless.name, "reads": ["q"], "writes": ["a"], "timeout_ms": 20_000}]})
        await self.soon(begun.wait())
        await run.cancel()
        self.assertEqual(await self.soon(stops.get()), "cancelled")
        run = await channel.submit({"goal": "x"}, timeout_ms=10_000)
        self.assertIn(await self.soon(stops.get()), ("deadline", "superseded", "cancelled", "fenced"))
        await run.cancel()

    async def test_failures_are_told_as_what_they_are(self) -> None:
        calls: list[int] = []

        @agent(live.name("known"), reads=["q"], writes=["a"])
        async def known(work: Work) -> None:
            raise Failure("There is no such flight.", retryable=False)

        result = await self.run_one(known)
        self.assertEqual((result.status, result.attempts[0].outcome, result.attempts[0].reason, len(result.attempts)), ("failed", "failure", "There is no such flight.", 1))

        @agent(live.name("unknown"), reads=["q"], writes=["a"])
        def unknown(work: BlockingWork) -> dict[str, object]:
            calls.append(work.attempt)
            if len(calls) == 1:
                raise KeyError("seat")
            if len(calls) == 2:
                raise Deferred(50)
            return {"a": 1}

        result = await self.run_one(unknown)
        self.assertEqual((result.status, [attempt.outcome for attempt in result.attempts]), ("completed", ["failure", "deferred", "accepted"]))
        self.assertEqual((result.attempts[0].reason, result.retries_by_cause["failure"]), ("KeyError: 'seat'", 1))

    async def test_what_cannot_be_committed_is_a_failure_that_says_so(self) -> None:
        for returned, reason in (
            ({"a": float("nan")}, "writes['a'] is nan"), ([1], "returned a list"), ({"A B": 1}, "a key: segments"), ({"a": {1: 2}}, "names in JSON are text"),
            ({"a": "x" * 1_100_000}, "was refused"),
        ):
            def bad(work: object, returned: object = returned) -> object:
                return returned

            result = await self.run_one(agent(live.name("bad"), reads=["q"], writes=["a"])(bad))
            self.assertIn(reason, result.attempts[0].reason or "")
            self.assertEqual((result.status, len(result.attempts)), ("failed", 1))

    async def test_a_completion_says_more_than_writes(self) -> None:
        @agent(live.name("agent"), reads=["q"], writes=["a", "b"])
        async def full(work: Work) -> Completion:
            return Completion({"a": 1}, delete=["b"], output={"note": "x"}, reads=["q"], usage=Usage(10, 20, 0.5))

        result = await self.run_one(full)
        usage = result.attempts[0].usage
        self.assertEqual((usage.input_tokens, usage.output_tokens, usage.cost_usd), (10, 20, 0.5))   # type: ignore[union-attr]
        self.assertEqual((result.tokens.work, result.cost_usd), (30, 0.5))

    async def test_no_more_is_taken_than_there_is_room_for(self) -> None:
        at_once, most, release = 0, 0, asyncio.Event()
        full = asyncio.Event()

        @agent(live.name("agent"), reads=["q"], writes=["a.*"], max_concurrency=3)
        async def slow(work: Work) -> dict[str, object]:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            if at_once == 3:
                full.set()
            await release.wait()
            at_once -= 1
            return {f"a.{work.assignment.step}": 1}

        await self.serve(slow)
        await Agent.register(slow.name, reads=["q"], writes=["a.*"], max_concurrency=50, client=self.client)   # The host would give more.
        channel = await self.channel(slow.name)
        await channel.commit({"q": 1})
        steps = [{"id": f"s{i}", "agent": slow.name, "reads": ["q"], "writes": [f"a.s{i}"]} for i in range(9)]
        coordinating = self.work(channel.coordinate({"goal": "x", "steps": steps}, timeout_ms=20_000))
        await self.soon(full.wait())
        release.set()
        result = await self.soon(coordinating)
        self.assertEqual((result.status, len(result.outputs), most), ("completed", 9, 3))

    async def test_a_late_word_is_refused_quietly(self) -> None:
        raised: asyncio.Queue[type] = asyncio.Queue()

        begun = asyncio.Event()

        @agent(live.name("agent"), reads=["q"], writes=["a"])
        async def stubborn(work: Work) -> dict[str, object]:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                try:
                    await work.publish({"a": 1})
                except Stopped as stopped:
                    raised.put_nowait(type(stopped))
            return {"a": 1}

        serving = await self.serve(stubborn)
        channel = await self.channel(stubborn.name)
        await channel.commit({"q": 1})
        run = await channel.submit("x", timeout_ms=15_000)
        await self.soon(begun.wait())
        await run.cancel()
        self.assertIs(await self.soon(raised.get()), Stopped)
        self.assertFalse(serving.done())
        self.assertNotIn("a", await channel.read())

    async def test_an_agent_that_was_deleted_comes_back(self) -> None:
        @agent(live.name("agent"), reads=["q"], writes=["a"])
        async def back(work: Work) -> dict[str, object]:
            return {"a": 1}

        await self.serve(back)
        channel = await self.channel(back.name)
        await channel.commit({"q": 1})
        handle = Agent.open(back.name, client=self.client)
        await handle.delete()   # The long poll of the worker ends at once, and it registers again.
        for _ in range(500):
            try:
                await handle.describe()
                break
            except NotFound:
                continue
        self.assertEqual((await self.soon(channel.coordinate("x", timeout_ms=15_000))).status, "completed")

    async def test_stopping_lets_work_end_and_takes_no_more(self) -> None:
        begun, release, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()

        @agent(live.name("agent"), reads=["q"], writes=["a"])
        async def slow(work: Work) -> dict[str, object]:
            begun.set()
            await release.wait()
            return {"a": 1}

        serving = await self.serve(slow, stop=stop, grace_ms=20_000)
        channel = await self.channel(slow.name)
        await channel.commit({"q": 1})
        coordinating = self.work(channel.coordinate("x", timeout_ms=20_000))
        await self.soon(begun.wait())
        stop.set()
        release.set()
        await self.soon(serving)
        self.assertEqual((await self.soon(coordinating)).status, "completed")

    async def test_a_registration_that_is_wrong_ends_serving(self) -> None:
        @agent("rosud", writes=["a"])
        async def platform(work: Work) -> None: ...

        with self.assertRaisesRegex(Exception, "platform's own"):
            await self.serve(platform)


class Processes(live.LiveTest):
    def start(self, *arguments: str) -> Program:
        worker = python(WORKER, *arguments, url=live.host().url)
        self.addCleanup(worker.close)
        return worker

    async def begin(self, name: str):   # type: ignore[no-untyped-def]
        channel = await self.channel(name)
        await channel.commit({"q": "why"})
        return self.work(channel.coordinate({"goal": "answer", "outputs": ["a"]}, timeout_ms=30_000))

    async def test_when_a_worker_is_killed_another_has_its_work(self) -> None:
        name = live.name("worker")
        first = self.start(name, "1000", "0")
        await asyncio.to_thread(first.line, "ready")
        coordinating = await self.begin(name)
        await asyncio.to_thread(first.line, "took")
        second = self.start(name, "1000", "0")
        second.say("finish")
        await asyncio.to_thread(second.line, "ready")
        first.kill()
        result = await self.soon(coordinating)
        self.went(result, "lost", "The worker fell silent.")

    async def test_sigterm_lets_work_end_and_ends_with_0(self) -> None:
        name = live.name("worker")
        worker = self.start(name, "30000", "20000")
        await asyncio.to_thread(worker.line, "ready")
        coordinating = await self.begin(name)
        await asyncio.to_thread(worker.line, "took")
        worker.process.send_signal(signal.SIGTERM)
        worker.say("finish")
        self.assertEqual(await asyncio.to_thread(worker.end), 0, worker.all_said())
        self.assertEqual((await self.soon(coordinating)).status, "completed")
        self.assertIn("served", worker.seen)

    async def test_work_that_outlasts_the_grace_is_handed_back_at_once(self) -> None:
        name = live.name("worker")
        first = self.start(name, "60000", "0")
        await asyncio.to_thread(first.line, "ready")
        coordinating = await self.begin(name)
        await asyncio.to_thread(first.line, "took")
        second = self.start(name, "60000", "0")
        second.say("finish")
        await asyncio.to_thread(second.line, "ready")
        self.assertEqual(await asyncio.to_thread(first.terminate), 0, first.all_said())
        result = await self.soon(coordinating)   # Long before the lease of 60 s ends.
        self.went(result, "deferred", "The worker was stopped.")

    # The host may hand an attempt to the long poll of a worker that has gone before it notices; it takes it back at once.
    def went(self, result: RunResult, outcome: str, reason: str) -> None:
        first, *between, last = result.attempts
        self.assertEqual((result.status, first.outcome, first.reason, last.outcome), ("completed", outcome, reason, "accepted"), result)
        self.assertEqual({attempt.reason for attempt in between} - {"The worker had gone before it got the assignment."}, set())


class Webhooks(live.LiveTest):
    async def test_answers_are_what_the_host_expects(self) -> None:
        outcomes: dict[str, object] = {
            "fine": lambda work: {"a": work["q"]}, "known": Failure("no", retryable=False), "unknown": OSError("broken"), "busy": Deferred(1500),
        }
        for what, expected in (("fine", 200), ("known", 422), ("unknown", 500), ("busy", 429)):
            outcome = outcomes[what]

            def handle(work: BlockingWork, outcome: object = outcome) -> object:
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome(work)   # type: ignore[operator]

            handler = agent("hook", reads=["q"], writes=["a"])(handle)
            body = json.dumps({
                "id": "x", "run": "c.r", "step": "s", "agent": "hook", "attempt": 1, "goal": "g", "input": None, "deadline": "2026-01-01T00:00:00.000Z", "deadline_ms": 5000,
                "lease_until": "2026-01-01T00:00:00.000Z", "shadow": False, "context": {"version": 1, "entries": {"q": {"value": 7, "version": 1}}},
                "changed": None, "idempotency_key": "k", "traceparent": None,
            }).encode()
            headers = test_signature.signed("s", int(time.time()), body)
            answer = await answer_webhook_async(handler, "s", headers, body, client=self.client)
            self.assertEqual(answer.status, expected, answer)
            if what == "fine":
                self.assertEqual(json.loads(answer.body), {"writes": {"a": 7}})
            if what == "busy":
                self.assertEqual(answer.headers["Retry-After"], "2")
            self.assertEqual((await answer_webhook_async(handler, "other", headers, body, client=self.client)).status, 401)
