import inspect
import io
import threading
import unittest

import live
import rosud_call
from rosud_call import blocking


class Mirror(unittest.TestCase):
    def test_every_verb_is_there_with_the_same_arguments(self) -> None:
        for name in ("Channel", "Run", "Network", "Agent"):
            of, mirror = getattr(rosud_call, name), getattr(blocking, name)
            for verb, function in inspect.getmembers(of, lambda member: inspect.isfunction(member) or inspect.ismethod(member)):
                if verb.startswith("_") and verb != "__init__" or verb.endswith("_async"):
                    continue
                with self.subTest(f"{name}.{verb}"):
                    mine = inspect.signature(getattr(mirror, verb)).parameters
                    self.assertEqual({key: (value.default, value.kind) for key, value in inspect.signature(function).parameters.items()}, {key: (value.default, value.kind) for key, value in mine.items()})
                    self.assertFalse(inspect.iscoroutinefunction(getattr(mirror, verb)))

    def test_blocking_code_reads_commits_watches_lists_and_deletes(self) -> None:
        client = blocking.Rosud(live.host().url)
        channel = blocking.Channel.create(id=live.name("blocking"), client=client)
        with channel.watch() as events:
            self.assertEqual(channel.commit({"a": 1}).version, 1)
            self.assertEqual(next(events).set, {"a": 1})
        with self.assertRaises(StopIteration):
            next(events)
        seen = channel.read()
        with self.assertRaises(rosud_call.StaleContext):
            channel.commit({"a": 2})
            channel.commit({"b": 1}, reads=["a"], based_on=seen)
        self.assertEqual([change.version for change in channel.changes(after=seen)], [2])
        self.assertIn(channel.id, [known.id for known in blocking.Channel.list(limit=1, client=client)])
        self.assertEqual(len(blocking.Channel.list(limit=1, client=client).page()), 1)
        self.assertEqual([write.version for write in channel.blame("a", limit=1)], [2, 1])
        self.assertEqual([key.key for key in channel.diff(seen)], ["a"])
        self.assertEqual([line.entry["n"] for line in channel.audit(after=1, limit=1)], [2, 3])
        self.assertEqual((channel.verify_audit().ok, channel.verify_audit(channel.verify_audit()).extends), (True, True))
        exported = io.BytesIO()
        channel.export_audit(exported)
        self.assertEqual(len(exported.getvalue().splitlines()), 5)
        self.assertEqual(list(channel.conflicts()), [])
        with self.assertRaises(rosud_call.NotFound):
            channel.resolve("p1", "current")
        self.assertEqual(channel.configure(agents=["a-b"]).agents, ("a-b",))
        self.assertEqual(channel.describe().version, 2)
        channel.delete()
        with self.assertRaises(rosud_call.NotFound):
            channel.read()

    def test_blocking_runs_networks_and_agents(self) -> None:
        client = blocking.Rosud(live.host().url)
        agent = blocking.Agent.register(live.name("agent"), reads=["q"], writes=["a"], client=client)
        channel = blocking.Channel.create([agent.name], id=live.name("blocking"), client=client)
        channel.commit({"q": 1})
        run = channel.submit("answer", timeout_ms=20_000)
        (assignment,) = agent.take(wait_ms=10_000)
        self.assertEqual(assignment.context["q"], 1)
        events = run.events()
        self.assertEqual(next(events).status, "working")   # type: ignore[union-attr]
        self.assertEqual(run.cancel().status, "canceled")
        self.assertEqual([event.status for event in events if isinstance(event, rosud_call.RunResult)], ["canceled"])
        self.assertEqual(run.result().status, run.describe().status)
        self.assertIn("accepted", [event.kind for event in run.timeline()])
        self.assertIn(run.id, [known.run for known in blocking.Run.list(channel.id, client=client)])
        self.assertEqual(agent.supervisor().breaker.state, "closed")
        self.assertEqual(agent.force_open().breaker.state, "forced_open")
        self.assertEqual(agent.reset().breaker.state, "closed")
        self.assertEqual(agent.describe().writes, ("a",))
        network = blocking.Network.configure(rosud_call.CoordinationPolicy(retry_budget=2), live.name("net"), client=client)
        self.assertEqual(network.describe().coordination.retry_budget, 2)
        self.assertEqual(network.metrics()["runs"]["total"], 0)
        self.assertGreaterEqual(blocking.Network.total_metrics(client=client)["runs"]["total"], 0)
        agent.delete()

    def test_threads_share_one_client(self) -> None:
        channel = blocking.Channel.create(id=live.name("threads"), sync=rosud_call.ContextSync(conflict_resolution="merge", merge="sum"), client=blocking.Rosud(live.host().url))
        threads = [threading.Thread(target=lambda: [channel.commit({"n": 1}) for _ in range(10)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(channel.read()["n"], 80)
