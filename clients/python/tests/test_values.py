import unittest

from rosud_call import Channel, ContextSync, CoordinationPolicy, KeyPolicy, Rosud, Run, Step, Task, UNSET, agent
from rosud_call.sync import sync_json
from rosud_call.tasks import task_json


class Bad(unittest.TestCase):
    def refused(self, kind: type[Exception], member: str, make: object) -> None:
        with self.subTest(member), self.assertRaisesRegex(kind, member):
            make()   # type: ignore[operator]

    def test_of_a_channel_the_member_is_named(self) -> None:
        self.refused(ValueError, r"ContextSync\.mode must be one of real_time", lambda: ContextSync(mode="polled"))
        self.refused(ValueError, r"ContextSync\.staleness_threshold_ms", lambda: ContextSync(staleness_threshold_ms=-1))
        self.refused(TypeError, r"ContextSync\.staleness_threshold_ms", lambda: ContextSync(staleness_threshold_ms="500"))   # type: ignore[arg-type]
        self.refused(TypeError, r"ContextSync\.audit", lambda: ContextSync(audit=1))   # type: ignore[arg-type]
        self.refused(ValueError, r"ContextSync\.merge is needed", lambda: ContextSync(conflict_resolution="merge"))
        self.refused(ValueError, r"KeyPolicy\.owner is needed", lambda: KeyPolicy(conflict_resolution="owner_wins"))
        self.refused(ValueError, r"ContextSync\.keys\['facts\.\*'\] has no member fold", lambda: ContextSync(keys={"facts.*": {"fold": "union"}}))
        self.refused(ValueError, r"ContextSync\.keys\[0\]", lambda: ContextSync(keys={"Facts.!": {}}))
        self.refused(ValueError, r"sync has no member modes", lambda: sync_json({"modes": "real_time"}))
        self.refused(TypeError, "agents must be a list", lambda: Channel.create(agents="planner"))
        self.refused(ValueError, r"agents\[1\]", lambda: Channel.create(agents=["planner", "Research Er"]))
        self.refused(ValueError, "agents has a name twice", lambda: Channel.create(agents=["planner", "planner"]))
        self.refused(ValueError, "id must be 1 to 128", lambda: Channel.open("No"))

    def test_of_a_policy_the_member_is_named(self) -> None:
        self.refused(ValueError, r"CoordinationPolicy\.execution", lambda: CoordinationPolicy(execution="some"))
        self.refused(ValueError, r"CoordinationPolicy\.circuit_breaker_threshold", lambda: CoordinationPolicy(circuit_breaker_threshold=0))
        self.refused(ValueError, r"CoordinationPolicy\.circuit_breaker_threshold", lambda: CoordinationPolicy(circuit_breaker_threshold=float("nan")))
        self.refused(ValueError, r"CoordinationPolicy\.retry_budget", lambda: CoordinationPolicy(retry_budget=101))
        self.refused(ValueError, r"CoordinationPolicy\.metrics\[0\]", lambda: CoordinationPolicy(metrics=["speed"]))

    def test_of_a_task_the_member_is_named(self) -> None:
        self.refused(ValueError, r"task\['goal'\] is needed", lambda: task_json({"steps": []}))
        self.refused(TypeError, "task must be a goal as text, a dict or a Task", lambda: task_json(7))   # type: ignore[arg-type]
        self.refused(ValueError, r"task\['input'\]\[0\]", lambda: task_json({"goal": "x", "input": [float("nan")]}))
        self.refused(ValueError, "either an agent or a capability", lambda: Step(id="find"))
        self.refused(ValueError, r"Step\.reads\[0\]", lambda: Step(id="find", agent="a", reads=["a b"]))
        self.refused(TypeError, r"Step\.writes must be a list", lambda: Step(id="find", agent="a", writes="facts.*"))
        self.refused(ValueError, r"Task\.goal", lambda: Task(goal=""))

    def test_of_a_connection_and_an_agent_the_argument_is_named(self) -> None:
        self.refused(ValueError, "url must be an absolute http or https url", lambda: Rosud("localhost:5080"))
        self.refused(ValueError, "url has no good port", lambda: Rosud("http://h:99999"))
        self.refused(ValueError, "neither a user", lambda: Rosud("http://u:p@h"))
        self.refused(ValueError, "timeout", lambda: Rosud(timeout=0))
        self.refused(ValueError, "key must be printable", lambda: Rosud(key="a\r\nX: y"))
        self.refused(TypeError, "client must be a Rosud", lambda: Run.open("c.r1", client="http://h"))   # type: ignore[arg-type]
        self.refused(TypeError, "reads must be a list", lambda: agent("a", reads="question")(lambda work: None))
        self.refused(ValueError, "lease_ms", lambda: agent("a", lease_ms=10)(lambda work: None))


class Good(unittest.TestCase):
    def test_what_is_left_out_is_left_to_the_host(self) -> None:
        self.assertEqual(ContextSync().to_json(), {"mode": "real_time", "conflict_resolution": "latest_wins", "audit": True})
        self.assertIsNone(ContextSync(staleness_threshold_ms=None).to_json()["staleness_threshold_ms"])
        self.assertIs(ContextSync.of_json({"mode": "real_time"}).staleness_threshold_ms, UNSET)

    def test_words_of_a_newer_host_are_read(self) -> None:
        sync = ContextSync.of_json({"mode": "batched", "keys": {"a.*": {"conflict_resolution": "vote", "new": 1}}, "more": 1})
        self.assertEqual(sync.mode, "batched")
        self.assertEqual(sync.keys["a.*"].conflict_resolution, "vote")   # type: ignore[index, union-attr]
        self.assertEqual(CoordinationPolicy.of_json({"execution": "swarm"}).execution, "swarm")

    def test_a_task_without_an_id_gets_one_for_each_call(self) -> None:
        mine = {"goal": "x"}
        first, second = task_json(mine), task_json(mine)
        self.assertNotEqual(first["id"], second["id"])
        self.assertEqual(mine, {"goal": "x"})
        self.assertEqual(task_json({"goal": "x", "id": "mine"})["id"], "mine")

    def test_the_three_forms_of_a_task_say_the_same(self) -> None:
        step = {"id": "find", "agent": "r", "reads": ["q"], "writes": ["f.*"]}
        built = Task(goal="g", id="t", outputs=["f.*"], task_class="search", steps=[Step(id="find", agent="r", reads=["q"], writes=["f.*"])])
        self.assertEqual(task_json(built), {"goal": "g", "id": "t", "outputs": ["f.*"], "class": "search", "steps": [step]})
        self.assertEqual(task_json({"goal": "g", "id": "t", "steps": [Step(**step)]})["steps"], [step])

    def test_a_decorated_function_can_still_be_called(self) -> None:
        @agent("a", reads=["x"])
        def double(work: dict[str, int]) -> dict[str, int]:
            """Doubles x.

            And more."""
            return {"y": work["x"] * 2}

        self.assertEqual(double({"x": 4}), {"y": 8})
        self.assertIn('"description":"Doubles x."', double.registration)
