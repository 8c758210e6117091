"""How the channels of a network coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from . import _check

EXECUTIONS = ("selective_parallel", "sequential", "parallel", "single")
METRICS = ("coordination_overhead_ms", "stale_context_events", "cascade_prevented", "agents_actually_needed")


@dataclass(frozen=True)
class CoordinationPolicy:
    """How the channels of a network coordinate. What is left out has its default, not the value before."""

    execution: str = "selective_parallel"
    """``selective_parallel``: what is needed, each step as soon as its keys are there; ``sequential``, ``parallel``, ``single``."""

    context_sync: str = "event_driven"
    """``event_driven``: changes are pushed, nothing polls."""

    max_staleness_ms: int = 500
    """How far behind a running attempt may fall before it is told, 0 to 7 days, where the channel does not say."""

    isolation: str = "bulkhead"
    """``bulkhead``: a failing agent is not called for a while; ``none`` only counts."""

    retry_budget: int = 3
    """Attempts that one run may do again, 0 to 100."""

    circuit_breaker_threshold: float = 0.3
    """The share of failures that opens a breaker, above 0, at most 1."""

    metrics: Sequence[str] = METRICS
    """Which numbers are kept."""

    verdict: Mapping[str, Any] | None = None
    """``{"sample_rate": 0.05, "baselines": {"<class>": "<agent>"}}``."""

    prices: Mapping[str, Mapping[str, Any]] | None = None
    """``{"<agent or model>": {"input_usd_per_million": 3, "output_usd_per_million": 15}}``."""

    def __post_init__(self) -> None:
        _check.word(self.execution, "CoordinationPolicy.execution", EXECUTIONS)
        _check.word(self.context_sync, "CoordinationPolicy.context_sync", ("event_driven",))
        _check.duration_ms(self.max_staleness_ms, "CoordinationPolicy.max_staleness_ms", 0)
        _check.word(self.isolation, "CoordinationPolicy.isolation", ("bulkhead", "none"))
        _check.whole(self.retry_budget, "CoordinationPolicy.retry_budget", 0, 100)
        _check.number(self.circuit_breaker_threshold, "CoordinationPolicy.circuit_breaker_threshold", 0, 1, above=True)
        if isinstance(self.metrics, str):
            raise TypeError("CoordinationPolicy.metrics must be a list of texts, not str")
        for i, metric in enumerate(self.metrics):
            _check.word(metric, f"CoordinationPolicy.metrics[{i}]", METRICS)

    def to_json(self) -> dict[str, Any]:
        found = {member: value for member, value in vars(self).items() if value is not None}
        found["metrics"] = list(self.metrics)
        return found

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> "CoordinationPolicy":
        """What a host says, also with words that this version does not know."""
        policy = cls()
        for member in vars(policy):
            if member in data:
                object.__setattr__(policy, member, data[member])
        return policy
