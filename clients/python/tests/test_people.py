"""Effects, questions and verifiers against a real host."""

import asyncio

import live
from rosud_call import Asked, Completion, Effect, RosudError, Run, StaleContext, Unverified, Work, agent, blocking, serve_async


class People(live.LiveTest):
    async def serve(self, *agents: object) -> None:
        ready = asyncio.Event()
        self.work(serve_async(*agents, client=self.client, ready=ready.set))   # type: ignore[arg-type]
        await self.soon(ready.wait())

    async def begin(self, handler: object, **task: object) -> tuple[object, Run]:
        channel = await self.channel(handler.name)   # type: ignore[attr-defined]
        await channel.commit({"price": 100})
        return channel, await channel.submit({"goal": "buy", "outputs": ["order"], **task}, timeout_ms=60_000)

    async def test_an_effect_is_not_done_again_after_its_receipt(self) -> None:
        keys: list[str] = []
        seen: list[Effect] = []

        @agent(live.name("payer"), reads=["price"], writes=["order"])
        async def payer(work: Work) -> dict[str, object]:
            def charge(key: str) -> dict[str, object]:
                keys.append(key)
                return {"charge": len(keys)}

            seen.append(await work.effect("charge", charge))
            if len(seen) == 1:
                raise RuntimeError("after the effect")
            return {"order": seen[-1].receipt}

        await self.serve(payer)
        _, run = await self.begin(payer)
        result = await self.soon(run.result())
        self.assertEqual((result.status, result["order"], len(keys)), ("completed", {"charge": 1}, 1))
        self.assertEqual([(effect.state, effect.reads) for effect in seen], [("done", {"price": 1})] * 2)
        self.assertEqual([(effect.name, effect.done_by) for effect in result.effects], [("charge", seen[0].attempt)])

    async def test_a_person_is_asked_again_when_the_price_has_changed(self) -> None:
        asked: asyncio.Queue[str] = asyncio.Queue()

        @agent(live.name("buyer"), reads=["price"], writes=["order"])
        async def buyer(work: Work) -> dict[str, object]:
            question = f"Buy at {work['price']}?"
            try:
                approved = await work.ask(question, schema={"type": "boolean"}, expires_ms=60_000)
            except Asked:
                asked.put_nowait(question)
                raise
            return {"order": [work["price"], approved]}

        await self.serve(buyer)
        channel, run = await self.begin(buyer)
        self.assertEqual(await self.soon(asked.get()), "Buy at 100?")
        (first,) = await run.questions()
        self.assertEqual(((await run.describe()).status, first.text, first.reads), ("input_required", "Buy at 100?", {"price": 1}))
        await channel.commit({"price": 999})   # type: ignore[attr-defined]
        with self.assertRaises(StaleContext) as stale:
            await run.answer(first, True)
        self.assertEqual([key.key for key in stale.exception.stale][:1], ["price"])
        self.assertEqual(await self.soon(asked.get()), "Buy at 999?")
        (second,) = await run.questions()
        counted = await run.answer(second.id, True, by="anna")
        self.assertEqual((counted.state, counted.value, counted.answered_by), ("answered", True, "anna"))
        with self.assertRaises(RosudError) as other:
            await run.answer(second, False)
        self.assertEqual(other.exception.name, "already-exists")
        result = await self.soon(run.result())
        self.assertEqual((result.status, result["order"]), ("completed", [999, True]))

    async def test_a_plain_function_asks_and_has_effects_too(self) -> None:
        @agent(live.name("plain"), reads=["price"], writes=["order"])
        def plain(work) -> dict[str, object]:   # type: ignore[no-untyped-def]
            answer = work.ask("Shall I?")
            return {"order": [answer, work.effect("order", lambda key: {"done": bool(key)}).receipt]}

        await self.serve(plain)
        _, run = await self.begin(plain)
        mirror = blocking.Run.open(run.id, client=blocking.Rosud(live.host().url))
        open_questions = ()
        async for event in run.events():
            open_questions = await run.questions()
            if open_questions:
                break
        await asyncio.to_thread(mirror.answer, open_questions[0], "yes")
        result = await self.soon(run.result())
        self.assertEqual((result.status, result["order"]), ("completed", ["yes", {"done": True}]))

    async def test_a_verifier_refuses_with_a_reason_and_then_accepts(self) -> None:
        feedback: list[object] = []

        @agent(live.name("writer"), reads=["price"], writes=["order"])
        async def writer(work: Work) -> dict[str, object]:
            feedback.append(work.feedback)
            with self.assertRaises(Unverified):
                await work.publish({"order": "early"})
            return {"order": "long enough" if work.feedback else "short"}

        @agent(live.name("critic"), reads=["price"])
        async def critic(work: Work) -> Completion:
            assert work.proposed
            return Completion(output={"accepted": len(work.proposed.writes["order"]) > 5, "reason": "too short"})

        await self.serve(writer, critic)
        channel = await self.channel(writer.name, critic.name)
        await channel.commit({"price": 1})
        step = {"id": "write", "agent": writer.name, "reads": ["price"], "writes": ["order"], "acceptance": [{"verifier": critic.name}]}
        result = await self.soon(channel.coordinate({"goal": "write", "outputs": ["order"], "steps": [step]}, timeout_ms=60_000))
        self.assertEqual((result.status, result["order"], feedback), ("completed", "long enough", [None, "too short"]))
        self.assertEqual(result.retries_by_cause, {"acceptance": 1})
        self.assertEqual((result.agents.planned, result.agents.needed), (2, 2))
