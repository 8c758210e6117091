"""Agents, blocking."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .. import agents as _async
from .._background import wait
from ..assignments import Assignment
from ..client import Rosud
from .pages import Pages


class Agent:
    """As `rosud_call.Agent`, blocking."""

    def __init__(self, name: str, client: Rosud | None = None) -> None:
        self._async = _async.Agent(name, client)
        self.name = self._async.name

    def __repr__(self) -> str:
        return repr(self._async)

    @classmethod
    def register(
        cls,
        name: str,
        *,
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        description: str = "",
        transport: Mapping[str, Any] | None = None,
        max_concurrency: int = 4,
        queue_limit: int = 64,
        timeout_ms: int = 30_000,
        version: str | None = None,
        capability: str | None = None,
        dependency: str | None = None,
        memo: bool = False,
        rebase: bool = False,
        shadow_safe: bool = False,
        output_schema: Any = None,
        max_usage: Mapping[str, Any] | None = None,
        client: Rosud | None = None,
    ) -> "Agent":
        """Registers an agent, durably, or replaces its registration: see `rosud_call.Agent.register`."""
        wait(
            _async.Agent.register(
                name, reads=reads, writes=writes, description=description, transport=transport, max_concurrency=max_concurrency,
                queue_limit=queue_limit, timeout_ms=timeout_ms, version=version, capability=capability, dependency=dependency,
                memo=memo, rebase=rebase, shadow_safe=shadow_safe, output_schema=output_schema, max_usage=max_usage, client=client,
            )
        )
        return cls(name, client)

    @classmethod
    def open(cls, name: str, *, client: Rosud | None = None) -> "Agent":
        """An agent by its name. Sends nothing."""
        return cls(name, client)

    @staticmethod
    def list(*, limit: int = 100, after: str | None = None, client: Rosud | None = None) -> Pages[_async.AgentInfo]:
        """The agents in the order of their names: iterate for all, ``page()`` for one page."""
        _async.Agent.list(limit=limit, after=after, client=client)   # Refuses bad arguments here.
        return Pages(lambda start: _async.Agent.list(limit=limit, after=start, client=client), after)

    def describe(self) -> _async.AgentInfo:
        """The agent's registration."""
        return wait(self._async.describe())

    def delete(self) -> None:
        """Removes the registration. Assignments at work go on; new ones are refused."""
        wait(self._async.delete())

    def supervisor(self, network: str = "default") -> _async.Supervisor:
        """Breaker and bulkhead; ``network`` picks the breaker shown first."""
        return wait(self._async.supervisor(network))

    def reset(self) -> _async.Supervisor:
        """Closes every breaker and forgets forced states and quarantine (operator)."""
        return wait(self._async.reset())

    def force_open(self) -> _async.Supervisor:
        """Refuses every new assignment until `reset` (operator)."""
        return wait(self._async.force_open())

    def take(self, max: int = 1, wait_ms: int = 20_000, lease_ms: int = 30_000) -> Sequence[Assignment]:
        """Takes work by hand, or waits for some; `serve` does it all by itself."""
        return wait(self._async.take(max, wait_ms, lease_ms))
