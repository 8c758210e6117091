"""How a run stands or ended, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping

from ._records import at, build, made, many, one

ONGOING = frozenset({"submitted", "working", "input_required"})
STATUSES = (
    "submitted", "working", "completed", "partial", "deadline_exceeded", "budget_exceeded", "stale_exhausted", "acceptance_failed",
    "circuit_open", "overloaded", "input_required", "canceled", "rejected", "failed",
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an attempt used. Without ``cost_usd`` the network's prices hold."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    model: str | None = None
    """The model, whose price counts before the agent's."""


@dataclass(frozen=True, slots=True)
class AgentCounts:
    """Agents of the channel, of the plan, that were called, and whose work is in the outputs."""

    registered: int = 0
    planned: int = 0
    fired: int = 0
    needed: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one step."""

    step: str
    agent: str
    attempt: int
    outcome: str
    """``working``, ``accepted``, ``stale``, ``failure``, ``timeout``, ``lost``, ``rejected``, ``deferred``, ``canceled``, ``refused`` or ``asked``."""

    started_at: datetime | None = at()
    ended_at: datetime | None = at()
    read_version: int | None = None
    wrote_version: int | None = None
    reason: str | None = None
    usage: Usage | None = one(Usage)


@dataclass(frozen=True, slots=True)
class PathPart:
    """Part of the way from acceptance to end: work, rework, or one kind of waiting."""

    kind: str
    ms: float
    step: str | None = None
    agent: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens that agents reported, and the estimate of what was handed over between them."""

    work: int = 0
    coordination: int = 0


@dataclass(frozen=True, slots=True)
class AgentUse:
    """What one agent of a run used."""

    attempts: int = 0
    """Attempts that were handed to it."""

    tokens: Tokens = one(Tokens)
    cost_usd: float = 0


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened in a run."""

    kind: str
    at: datetime | None = at()
    step: str | None = None
    agent: str | None = None
    attempt: int | None = None
    version: int | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a list."""

    run: str
    channel: str
    status: str
    accepted_at: datetime | None = at()
    ended_at: datetime | None = at()


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a person, pinned to what the one who asked had read."""

    id: str
    kind: str = "agent"
    """``agent``: an agent asked. ``stale``: what an attempt had read changed (``on_stale_context="escalate"``): ``continue``, ``retry`` or ``abort``."""

    state: str = "open"
    """``open``, ``answered``, ``withdrawn`` (what it rests on changed, or the run ended) or ``expired``."""

    step: str = ""
    agent: str = ""
    attempt: int = 0
    text: str = ""
    schema: Any = None
    """JSON schema of an answer; None for any value."""

    asked_at: datetime | None = at()
    expires_at: datetime | None = at()
    read_version: int = 0
    reads: Mapping[str, int] = field(default_factory=dict)
    """The keys that it rests on, each with the version that wrote it."""

    changed: tuple[str, ...] = made(tuple, default=())
    """Keys that have changed: why a person is asked, or why the question was withdrawn."""

    value: Any = None
    """The answer that counts."""

    answered_at: datetime | None = at()
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a step does outside, once: a line of the run's ledger."""

    name: str
    step: str
    state: str
    """``claimed``: it may or may not have been done. ``done``: it was, and is not done again."""

    attempt: int
    """The attempt that claimed it first."""

    idempotency_key: str
    """What the one outside knows the request by: the same in every attempt of the step."""

    receipt: Any = None
    read_version: int = 0
    """The version of the context that it was made on."""

    reads: Mapping[str, int] = field(default_factory=dict)
    """What of the context it was made on, at most 100 keys, each with the version that wrote it."""

    claimed_at: datetime | None = at()
    done_at: datetime | None = at()
    done_by: int | None = None
    """The attempt that left the receipt."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run as it stands or ended. Whatever agents do is a status, not an exception: look at ``status`` or ``completed``."""

    run: str
    channel: str
    status: str
    """``completed``, ``partial``, ``deadline_exceeded``, ``failed`` … (`STATUSES`)."""

    network: str = "default"
    task_id: str | None = None
    goal: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What was accepted of what was wanted, whatever the status."""

    version_start: int = 0
    version_end: int = 0
    agents: AgentCounts = one(AgentCounts)
    attempts: tuple[Attempt, ...] = many(Attempt)
    retries_by_cause: Mapping[str, int] = field(default_factory=dict)
    stale_context_events: int = 0
    stale_context_events_by_kind: Mapping[str, int] = field(default_factory=dict)
    cascade_prevented: int = 0
    tokens: Tokens = one(Tokens)
    cost_usd: float = 0
    accepted_at: datetime | None = at()
    ended_at: datetime | None = at()
    wall_ms: float = 0
    coordination_overhead_ms: float = 0
    overhead_parts_ms: Mapping[str, float] = field(default_factory=dict)
    rework_ms: float = 0
    critical_path: tuple[PathPart, ...] = many(PathPart)
    late_results: tuple[Attempt, ...] = many(Attempt)
    duplicate_work_prevented: int = 0
    """Steps done without an attempt because a step of the run had done the equal work."""

    memo_hits: int = 0
    """Steps answered from an earlier run, without an attempt."""

    parent: str | None = None
    children: tuple[str, ...] = made(tuple, default=())
    """Runs that this run's steps started; what they used is in its tokens and cost."""

    by_agent: Mapping[str, AgentUse] = made(lambda agents: {name: build(AgentUse, used) for name, used in agents.items()}, default_factory=dict)
    """Tokens and cost of each agent, without those of runs that its steps started."""

    detection_ms: tuple[float, ...] = made(tuple, default=())
    """For each attempt that was told that it is behind: milliseconds from the commit that it had not seen."""

    questions: tuple[Question, ...] = many(Question)
    """What it asked people; the run is ``input_required`` while one is ``open``."""

    effects: tuple[Effect, ...] = many(Effect)
    """What its steps did outside, or were about to do."""

    problem: str | None = None
    """Why it did not complete."""

    trace_id: str = ""

    @property
    def completed(self) -> bool:
        """Whether every wanted output was accepted."""
        return self.status == "completed"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status not in ONGOING

    def __getitem__(self, key: str) -> Any:
        """An output."""
        return self.outputs[key]


def result_of(body: Mapping[str, Any]) -> RunResult:
    return build(RunResult, body)
