"""Networks: the policy that channels share, and what their runs add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping

from . import _background, _check, _json
from .client import Request, Rosud, part, pick
from .policy import CoordinationPolicy


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """A network as it is configured."""

    name: str
    revision: int
    """How often its policy changed."""

    coordination: CoordinationPolicy


class Network:
    """Channels that coordinate by one policy."""

    def __init__(self, name: str = "default", client: Rosud | None = None) -> None:
        self.name = _check.name(name, "name")
        self._client = pick(client)
        self._path = f"/v1/networks/{part(self.name)}"

    def __repr__(self) -> str:
        return f"Network({self.name!r})"

    @classmethod
    def configure(cls, coordination: CoordinationPolicy | None = None, name: str = "default", *, client: Rosud | None = None) -> "Network":
        """Sets the policy of a network, durably. Blocks for one short call; `configure_async` does not.

        What ``coordination`` leaves out has its default, not the value before. The same again changes nothing.
        """
        return _background.wait(cls.configure_async(coordination, name, client=client))

    @classmethod
    async def configure_async(
        cls, coordination: CoordinationPolicy | None = None, name: str = "default", *, client: Rosud | None = None
    ) -> "Network":
        """As `configure`, for code that must not block."""
        if coordination is not None and not isinstance(coordination, CoordinationPolicy):
            raise TypeError(f"coordination must be a CoordinationPolicy, not {type(coordination).__name__}")
        network = cls(name, client)
        body = _json.encode_body({"coordination": (coordination or CoordinationPolicy()).to_json()})
        await network._client.call(Request("PUT", network._path, body=body))
        return network

    @classmethod
    def open(cls, name: str = "default", *, client: Rosud | None = None) -> "Network":
        """A network by its name. Sends nothing: the first verb tells whether it is there. ``default`` always is."""
        return cls(name, client)

    async def describe(self) -> NetworkInfo:
        """The network's policy."""
        body = (await self._client.call(Request("GET", self._path))).body
        return NetworkInfo(body["name"], body["revision"], CoordinationPolicy.of_json(body["coordination"]))

    async def metrics(self) -> Mapping[str, Any]:
        """What the network's runs cost and brought: ``runs``, ``coordination_overhead_ms``, ``stale_context_events``,
        ``cascade_prevented``, ``agents_actually_needed``, ``tokens``, ``cost_usd``, ``latency_ms``, ``error_rate``,
        ``duplicate_work_prevented``, ``memo_hits``, ``detection_ms`` and ``by_agent``, the tokens and cost of each agent."""
        metrics: Mapping[str, Any] = (await self._client.call(Request("GET", f"{self._path}/metrics"))).body
        return metrics

    @classmethod
    async def total_metrics(cls, *, client: Rosud | None = None) -> Mapping[str, Any]:
        """As `metrics`, of all networks of the tenant together."""
        metrics: Mapping[str, Any] = (await pick(client).call(Request("GET", "/v1/metrics"))).body
        return metrics

    async def report(self, *, from_time: datetime | None = None, split_time: datetime | None = None, to_time: datetime | None = None) -> Mapping[str, Any]:
        """What changed at one moment: ``before`` and ``after`` with runs, errors, incidents, latency and cost, ``change``, and ``sentences``.

        Figures are ``{"value", "low", "high"}``, a 95 % interval. Default: the last 7 days, split in the middle. Times must be aware of their zone;
        they are taken by quarters of an hour, and a report covers at most 92 days.
        """
        query: dict[str, str | None] = {}
        for name, at in (("from", from_time), ("split", split_time), ("to", to_time)):
            if at is None:
                continue
            if at.tzinfo is None:
                raise ValueError(f"{name}_time must be a time with a zone")
            query[name] = at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
        report: Mapping[str, Any] = (await self._client.call(Request("GET", f"{self._path}/report", query=query))).body
        return report

    async def verdict(self) -> tuple[Mapping[str, Any], ...]:
        """Whether several agents beat one: a verdict for each task class that the policy names a baseline for.

        Each has ``task_class``, ``verdict`` (``multi``, ``single``, ``trade_off``, ``equivalent`` or ``insufficient``), ``pairs``,
        ``pairs_needed``, ``success``, ``latency``, ``cost`` and ``sentence``, the answer in plain words.
        """
        verdicts: list[Mapping[str, Any]] = []
        after: str | None = None
        while True:
            body = (await self._client.call(Request("GET", f"{self._path}/verdict", query={"limit": "500", "after": after}))).body
            verdicts.extend(body["verdicts"])
            after = body["next"]
            if after is None:
                return tuple(verdicts)
