"""What a channel is asked to do. A goal as text, or a dict as the HTTP contract has it, says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, Union

from . import _check, _json
from .client import new_key


@dataclass(frozen=True, kw_only=True)
class Step:
    """One agent's part of a task. It names an agent or a capability."""

    id: str
    agent: str | None = None
    capability: str | None = None
    goal: str | None = None
    """Left out, the task's goal."""

    reads: Sequence[str | Mapping[str, Any]] = ()
    """Keys and patterns; ``{"key": "…", "optional": True}`` for what it can start without."""

    writes: Sequence[str] = ()
    after: Sequence[str] = ()
    """Steps that must have ended first, beyond those whose keys it reads."""

    when: Mapping[str, Any] | None = None
    """``{"key": …}`` with one of ``equals``, ``in`` and ``exists``; False skips the step."""

    optional: bool = False
    on_failure: Mapping[str, Any] | None = None
    """``{"kind": "fail" | "skip" | "default" | "fallback", "value"?, "agent"?}``."""

    acceptance: Sequence[Mapping[str, Any]] = ()
    """What its writes must satisfy: ``{"schema": …, "key"?}`` or ``{"verifier": "<agent>"}``."""

    timeout_ms: int | None = None
    effects: Sequence[str] | None = None
    """Names of what it may do outside: it may claim these effects and no others. Left out, any."""

    def __post_init__(self) -> None:
        _check.name(self.id, "Step.id")
        if (self.agent is None) == (self.capability is None):
            raise ValueError(f"Step {self.id!r} must name either an agent or a capability")
        _check.name(self.agent or self.capability, "Step.agent" if self.agent else "Step.capability")
        _check.patterns([read["key"] if isinstance(read, Mapping) else read for read in _listed(self.reads, "Step.reads")], "Step.reads")
        _check.patterns(self.writes, "Step.writes")
        _check.names(self.after, "Step.after")
        if self.effects is not None:
            _check.names(self.effects, "Step.effects")
        if self.timeout_ms is not None:
            _check.duration_ms(self.timeout_ms, "Step.timeout_ms")

    def to_json(self) -> dict[str, Any]:
        return _members(self)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a caller wants from a channel's agents."""

    goal: str
    id: str | None = None
    """The same id with an equal task joins the run. Left out, the client makes one for each call."""

    input: Any = None
    """What every step gets beside the context: any JSON."""

    outputs: Sequence[str] | None = None
    """Keys and patterns wanted. Left out, what steps write and no other step reads."""

    task_class: str | None = None
    """The class that verdicts are kept for (``class`` on the wire)."""

    steps: Sequence[Step | Mapping[str, Any]] | None = None
    """Left out, each agent of the channel is one step with its registered contract."""

    budget: Mapping[str, Any] | None = None
    """``{"tokens"?, "cost_usd"?, "calls"?}``."""

    def __post_init__(self) -> None:
        _check.text(self.goal, "Task.goal", 1)
        if self.id is not None:
            _check.name(self.id, "Task.id")
        if self.outputs is not None:
            _check.patterns(self.outputs, "Task.outputs")
        if self.task_class is not None:
            _check.name(self.task_class, "Task.task_class")
        if self.steps is not None:
            for i, step in enumerate(_listed(self.steps, "Task.steps")):
                if not isinstance(step, (Step, Mapping)):
                    raise TypeError(f"Task.steps[{i}] must be a Step or a dict, not {type(step).__name__}")

    def to_json(self) -> dict[str, Any]:
        found = _members(self)
        if "task_class" in found:
            found["class"] = found.pop("task_class")
        if self.steps is not None:
            found["steps"] = [step.to_json() if isinstance(step, Step) else step for step in self.steps]
        return found


TaskLike = Union[str, Task, Mapping[str, Any]]


def task_json(task: TaskLike) -> dict[str, Any]:
    """The task as the contract has it, with an id, so that a repeat joins its run."""
    if isinstance(task, str):
        found: dict[str, Any] = {"goal": _check.text(task, "task", 1)}
    elif isinstance(task, Task):
        found = task.to_json()
    elif isinstance(task, Mapping):
        found = dict(task)
        if "goal" not in found:
            raise ValueError("task['goal'] is needed: what the agents shall do")
        _check.text(found["goal"], "task['goal']", 1)
        if found.get("id") is not None:
            _check.name(found["id"], "task['id']")
        if found.get("steps") is not None:
            found["steps"] = [step.to_json() if isinstance(step, Step) else step for step in _listed(found["steps"], "task['steps']")]
    else:
        raise TypeError(f"task must be a goal as text, a dict or a Task, not {type(task).__name__}")
    if found.get("id") is None:
        found["id"] = f"t-{new_key()}"
    _json.encode(found, "task", -16)
    return found


def _members(of: Any) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(of).items() if value is not None and value != () and value is not False}


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, (str, bytes, Mapping)):
        raise TypeError(f"{name} must be a list, not {type(values).__name__}")
    return list(values)
