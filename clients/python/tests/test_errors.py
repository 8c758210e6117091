import live
import rosud_call
from rosud_call import Agent, Channel, Rosud, Run


class TypedErrors(live.LiveTest):
    async def test_a_stale_read_says_which_key(self) -> None:
        channel = await self.channel()
        await channel.commit({"price": 1})
        await channel.commit({"price": 2})
        with self.assertRaises(rosud_call.StaleContext) as caught:
            await channel.commit({"b": 1}, reads=["pri*"], based_on=1)
        self.assertEqual([(key.key, key.read_version, key.current_version) for key in caught.exception.stale], [("price", 1, 2)])
        self.assertEqual((caught.exception.version, caught.exception.status), (2, 412))
        self.assertTrue(caught.exception.trace_id)

    async def test_a_conflict_and_a_missing_version(self) -> None:
        channel = await self.channel(conflict_resolution="reject")
        with self.assertRaises(rosud_call.PreconditionRequired):
            await channel.commit({"a": 1})
        await channel.commit({"a": 1}, based_on=0)
        with self.assertRaises(rosud_call.Conflict) as caught:
            await channel.commit({"a": 2}, based_on=0)
        self.assertEqual(caught.exception.stale[0].key, "a")
        with self.assertRaises(rosud_call.VersionAhead) as ahead:
            await channel.read(min_version=9)
        self.assertEqual(ahead.exception.version, 1)

    async def test_a_broken_contract_lists_every_breach(self) -> None:
        channel = await self.channel("nobody-here")
        steps = [{"id": "one", "agent": "nobody-one", "writes": ["a"]}, {"id": "two", "agent": "nobody-two", "writes": ["b"]}]
        with self.assertRaises(rosud_call.ContractRejected) as caught:
            await channel.coordinate({"goal": "x", "steps": steps})
        self.assertEqual([fault.pointer for fault in caught.exception.problems], ["/task/steps/0/agent", "/task/steps/1/agent"])
        self.assertIn("/task/steps/1/agent: ", str(caught.exception))

    async def test_a_wrong_member_is_named_by_the_host_too(self) -> None:
        channel = await self.channel()
        with self.assertRaises(rosud_call.InvalidRequest) as caught:
            await channel.coordinate({"goal": "x", "steps": [{"id": "one", "agent": "a", "wirtes": []}]})
        self.assertEqual(caught.exception.errors[0].pointer, "/task/steps/0/wirtes")

    async def test_too_much_is_refused(self) -> None:
        channel = await self.channel()
        with self.assertRaises(rosud_call.PayloadTooLarge):
            await channel.commit({"a": "x" * (300 * 1024)})
        with self.assertRaises(rosud_call.PayloadTooLarge):
            await channel.commit({f"a{i}": "x" * (200 * 1024) for i in range(6)})

    async def test_what_is_not_there(self) -> None:
        for call in (Channel.open("nowhere", client=self.client).read(), Run.open("nowhere.r1a204a73142ea2e5ded84", client=self.client).result(), Agent.open("nobody", client=self.client).supervisor()):
            with self.assertRaises(rosud_call.NotFound):
                await call
        with self.assertRaises(rosud_call.NotFound):
            async for _ in Channel.open("nowhere", client=self.client).watch():
                pass

    async def test_an_open_circuit_ends_the_run_and_is_no_exception(self) -> None:
        handle = await Agent.register(live.name("agent"), reads=["q"], writes=["a"], client=self.client)
        channel = await self.channel(handle.name)
        await channel.commit({"q": 1})
        await handle.force_open()
        self.assertEqual((await channel.coordinate("x", timeout_ms=2_000)).status, "circuit_open")
        await handle.reset()

    async def test_nobody_listens(self) -> None:
        with self.assertRaises(rosud_call.Unreachable) as caught:
            await Channel.open("x", client=Rosud("http://127.0.0.1:9", timeout=0.3)).commit({"a": 1})
        self.assertFalse(caught.exception.maybe_applied)
        self.assertIsNone(caught.exception.status)
