"""Agents: their registration, their supervisor, and taking work by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping, Sequence

from . import _check, _json
from ._records import at, build, made, one
from .assignments import Assignment, take
from .client import Request, Rosud, part, pick
from .pages import Pages, pages


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """An agent as it is registered. The secret of a webhook is never shown again."""

    id: str
    revision: int = 0
    registered_at: datetime | None = at()
    description: str = ""
    reads: tuple[str, ...] = made(tuple, default=())
    writes: tuple[str, ...] = made(tuple, default=())
    transport: Mapping[str, Any] = field(default_factory=dict)
    max_concurrency: int = 4
    queue_limit: int = 64
    timeout_ms: float = 30_000
    version: str | None = None
    capability: str | None = None
    dependency: str | None = None
    memo: bool = False
    rebase: bool = False
    shadow_safe: bool = False
    output_schema: Any = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """``state``: ``closed``, ``open``, ``half_open``, ``forced_open`` or ``metrics_only``."""

    state: str
    failure_rate: float = 0
    calls: int = 0
    retry_at: datetime | None = at()


@dataclass(frozen=True, slots=True)
class Bulkhead:
    """How many assignments are at work and wait, and how many may."""

    running: int = 0
    queued: int = 0
    max_concurrency: int = 0
    queue_limit: int = 0


@dataclass(frozen=True, slots=True)
class Supervisor:
    """An agent's breaker (of the network asked for) and bulkhead as they are now."""

    breaker: Breaker = one(Breaker)
    bulkhead: Bulkhead = one(Bulkhead)
    breakers: Mapping[str, Breaker] = made(lambda found: {name: build(Breaker, item) for name, item in found.items()}, default_factory=dict)
    """One for each network."""

    retry_tokens: float = 0


class Agent:
    """One agent, as the host knows it. To be one, use the decorator `agent` and `serve`."""

    def __init__(self, name: str, client: Rosud | None = None) -> None:
        self.name = _check.name(name, "name")
        self._client = pick(client)
        self._path = f"/v1/agents/{part(self.name)}"

    def __repr__(self) -> str:
        return f"Agent({self.name!r})"

    @classmethod
    async def register(
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
        client: Rosud | None = None,
    ) -> "Agent":
        """Registers an agent, durably, or replaces its registration. The same again changes nothing.

        ``reads`` and ``writes``: keys and patterns; ``transport``: default ``{"kind": "pull"}``, or
        ``{"kind": "webhook", "url": …, "secret": …}``; ``max_concurrency``: assignments at once over all workers, 1 to
        10,000; ``queue_limit``: how many may wait, 0 to 100,000; ``timeout_ms``: how long one attempt may take;
        ``output_schema``: JSON schema of each completion's ``output``: one that breaks it is rejected and costs a retry, and
        no output counts as null. A schema with faults is `InvalidRequest` with the place of each.
        """
        handle = cls(name, client)
        body = registration_json(
            reads, writes, description, transport, max_concurrency, queue_limit, timeout_ms,
            version=version, capability=capability, dependency=dependency, memo=memo, rebase=rebase,
            shadow_safe=shadow_safe, output_schema=output_schema,
        )
        await handle._client.call(Request("PUT", handle._path, body=body))
        return handle

    @classmethod
    def open(cls, name: str, *, client: Rosud | None = None) -> "Agent":
        """An agent by its name. Sends nothing: the first verb tells whether it is there."""
        return cls(name, client)

    @staticmethod
    def list(*, limit: int = 100, after: str | None = None, client: Rosud | None = None) -> Pages[AgentInfo]:
        """The agents in the order of their names: ``await`` for one page, ``async for`` for all."""
        return pages(pick(client), "/v1/agents", "agents", lambda item: build(AgentInfo, item), limit, after)

    async def describe(self) -> AgentInfo:
        """The agent's registration."""
        return build(AgentInfo, (await self._client.call(Request("GET", self._path))).body)

    async def delete(self) -> None:
        """Removes the registration. Assignments at work go on; new ones are refused."""
        await self._client.call(Request("DELETE", self._path))

    async def supervisor(self, network: str = "default") -> Supervisor:
        """Breaker and bulkhead; ``network`` picks the breaker shown first."""
        query = {"network": _check.name(network, "network")}
        return build(Supervisor, (await self._client.call(Request("GET", f"{self._path}/supervisor", query))).body)

    async def reset(self) -> Supervisor:
        """Closes every breaker and forgets forced states and quarantine (operator)."""
        return build(Supervisor, (await self._client.call(Request("POST", f"{self._path}/supervisor/reset", body="{}"))).body)

    async def force_open(self) -> Supervisor:
        """Refuses every new assignment until `reset` (operator)."""
        return build(Supervisor, (await self._client.call(Request("POST", f"{self._path}/supervisor/force-open", body="{}"))).body)

    async def take(self, max: int = 1, wait_ms: int = 20_000, lease_ms: int = 30_000) -> Sequence[Assignment]:
        """Takes work by hand, or waits up to ``wait_ms`` (0 to 20,000) for some; `serve` does it all by itself.

        ``max``: 1 to 100. ``lease_ms``: how long the worker may be silent, 1,000 to 600,000; then the work goes to another.
        """
        return await take(self._client, self._path, max, wait_ms, lease_ms)


def registration_json(
    reads: Sequence[str],
    writes: Sequence[str],
    description: str,
    transport: Mapping[str, Any] | None,
    max_concurrency: int,
    queue_limit: int,
    timeout_ms: int,
    **others: Any,
) -> str:
    """A registration as the contract has it."""
    body: dict[str, Any] = {
        "description": _check.text(description, "description", 0, 4096),
        "reads": _check.patterns(reads, "reads"),
        "writes": _check.patterns(writes, "writes"),
        "max_concurrency": _check.whole(max_concurrency, "max_concurrency", 1, 10_000),
        "queue_limit": _check.whole(queue_limit, "queue_limit", 0, 100_000),
        "timeout_ms": _check.duration_ms(timeout_ms, "timeout_ms"),
    }
    if transport is not None:
        if not isinstance(transport, Mapping):
            raise TypeError(f"transport must be a dict, not {type(transport).__name__}")
        _check.word(transport.get("kind", "pull"), "transport['kind']", ("pull", "webhook"))
        body["transport"] = dict(transport)
    for name in ("capability", "dependency"):
        if others.get(name) is not None:
            _check.name(others[name], name)
    for name in ("memo", "rebase", "shadow_safe"):
        _check.flag(others[name], name)
    body.update({name: value for name, value in others.items() if value is not None and value is not False})
    return _json.encode_body(body)
