"""Networks, blocking."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Mapping

from .. import network as _async
from .._background import wait
from ..client import Rosud
from ..policy import CoordinationPolicy


class Network:
    """As `rosud_call.Network`, blocking."""

    def __init__(self, name: str = "default", client: Rosud | None = None) -> None:
        self._async = _async.Network(name, client)
        self.name = self._async.name

    def __repr__(self) -> str:
        return repr(self._async)

    @classmethod
    def configure(cls, coordination: CoordinationPolicy | None = None, name: str = "default", *, client: Rosud | None = None) -> "Network":
        """Sets the policy of a network, durably. What ``coordination`` leaves out has its default, not the value before."""
        wait(_async.Network.configure_async(coordination, name, client=client))
        return cls(name, client)

    @classmethod
    def open(cls, name: str = "default", *, client: Rosud | None = None) -> "Network":
        """A network by its name. Sends nothing."""
        return cls(name, client)

    def describe(self) -> _async.NetworkInfo:
        """The network's policy."""
        return wait(self._async.describe())

    def metrics(self) -> Mapping[str, Any]:
        """What the network's runs cost and brought."""
        return wait(self._async.metrics())

    @classmethod
    def total_metrics(cls, *, client: Rosud | None = None) -> Mapping[str, Any]:
        """As `metrics`, of all networks of the tenant together."""
        return wait(_async.Network.total_metrics(client=client))

    def report(self, *, from_time: datetime | None = None, split_time: datetime | None = None, to_time: datetime | None = None) -> Mapping[str, Any]:
        """What changed at one moment: runs, errors, incidents, latency and cost before and after, with intervals. Default: the last 7 days, split in the middle."""
        return wait(self._async.report(from_time=from_time, split_time=split_time, to_time=to_time))

    def verdict(self) -> tuple[Mapping[str, Any], ...]:
        """Whether several agents beat one: a verdict for each task class that the policy names a baseline for."""
        return wait(self._async.verdict())
