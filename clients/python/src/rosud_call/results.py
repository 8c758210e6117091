"""How a run stands or ended, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping

from ._records import at, build, many, one

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
    """``working``, ``accepted``, ``stale``, ``failure``, ``timeout``, ``lost``, ``rejected``, ``deferred``, ``canceled`` or ``refused``."""

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
