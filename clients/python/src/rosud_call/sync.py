"""How a channel keeps its context in step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping, Sequence

from . import _check

MODES = ("real_time",)
RESOLUTIONS = ("latest_wins", "first_wins", "reject", "merge", "owner_wins", "priority", "manual")
FOLDS = ("json_merge", "append", "union", "sum", "max", "min")


class Unset(Enum):
    """What is left out has the host's default."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset.UNSET


@dataclass(frozen=True)
class KeyPolicy:
    """What differs for the keys of one pattern. What is None is as in the channel."""

    conflict_resolution: str | None = None
    """``latest_wins``, ``first_wins``, ``reject``, ``merge``, ``owner_wins``, ``priority`` or ``manual``."""

    merge: str | None = None
    """The fold, needed with ``merge``: ``json_merge``, ``append``, ``union``, ``sum``, ``max`` or ``min``."""

    schema: Mapping[str, Any] | bool | None = None
    """JSON schema of each value."""

    owner: str | None = None
    """Needed with ``owner_wins``: the writer whose word counts."""

    priority: Sequence[str] | None = None
    """With ``priority``: writers from the highest rank down."""

    valid_for_ms: int | None = None
    """How long a value stays valid after its last commit."""

    staleness_threshold_ms: int | None = None
    """How far behind a running attempt may fall, for these keys."""

    def __post_init__(self) -> None:
        name = "KeyPolicy"
        if self.conflict_resolution is not None:
            _check.word(self.conflict_resolution, f"{name}.conflict_resolution", RESOLUTIONS)
        if self.merge is not None:
            _check.word(self.merge, f"{name}.merge", FOLDS)
        if self.conflict_resolution == "merge" and self.merge is None:
            raise ValueError(f"{name}.merge is needed with conflict_resolution 'merge': one of {', '.join(FOLDS)}")
        if self.owner is not None:
            _check.name(self.owner, f"{name}.owner")
        if self.conflict_resolution == "owner_wins" and self.owner is None:
            raise ValueError(f"{name}.owner is needed with conflict_resolution 'owner_wins'")
        if self.priority is not None:
            _check.names(self.priority, f"{name}.priority")
        if self.valid_for_ms is not None:
            _check.whole(self.valid_for_ms, f"{name}.valid_for_ms", 1, 10**13)
        if self.staleness_threshold_ms is not None:
            _check.duration_ms(self.staleness_threshold_ms, f"{name}.staleness_threshold_ms", 0)

    def to_json(self) -> dict[str, Any]:
        return {member: value for member, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class ContextSync:
    """How a channel keeps its context in step. Wrong values raise ValueError or TypeError that name the member."""

    mode: str = "real_time"
    """``real_time``: every commit is pushed."""

    staleness_threshold_ms: int | None | Unset = UNSET
    """How far behind a running attempt may fall before it is told, 0 (at once) to 7 days; None: never. Left out, the network's
    ``max_staleness_ms``. It does not change what a commit checks."""

    conflict_resolution: str = "latest_wins"
    """What becomes of a write whose key has changed since ``based_on``: ``latest_wins``, ``first_wins``, ``reject``, ``merge``,
    ``owner_wins``, ``priority`` or ``manual``."""

    audit: bool = True
    """Whether reads and writes are chained for audit."""

    merge: str | None = None
    """The fold, needed with ``merge``: ``json_merge``, ``append``, ``union``, ``sum``, ``max`` or ``min``."""

    keys: Mapping[str, KeyPolicy | Mapping[str, Any]] | None = None
    """What differs for the keys of a pattern: ``{"facts.*": KeyPolicy(conflict_resolution="merge", merge="union")}``."""

    def __post_init__(self) -> None:
        _check.word(self.mode, "ContextSync.mode", MODES)
        if self.staleness_threshold_ms is not None and self.staleness_threshold_ms is not UNSET:
            _check.duration_ms(self.staleness_threshold_ms, "ContextSync.staleness_threshold_ms", 0)
        _check.word(self.conflict_resolution, "ContextSync.conflict_resolution", RESOLUTIONS)
        _check.flag(self.audit, "ContextSync.audit")
        if self.merge is not None:
            _check.word(self.merge, "ContextSync.merge", FOLDS)
        if self.conflict_resolution == "merge" and self.merge is None:
            raise ValueError(f"ContextSync.merge is needed with conflict_resolution 'merge': one of {', '.join(FOLDS)}")
        if self.keys is not None:
            object.__setattr__(self, "keys", _policies(self.keys))

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"mode": self.mode, "conflict_resolution": self.conflict_resolution, "audit": self.audit}
        if self.staleness_threshold_ms is not UNSET:
            found["staleness_threshold_ms"] = self.staleness_threshold_ms
        if self.merge is not None:
            found["merge"] = self.merge
        if self.keys:
            found["keys"] = {pattern: policy.to_json() for pattern, policy in self.keys.items() if isinstance(policy, KeyPolicy)}
        return found

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> "ContextSync":
        """What a host says, also with words that this version does not know."""
        sync = cls()
        known = {member: data[member] for member in vars(sync) if member in data}
        if known.get("keys"):
            known["keys"] = {pattern: _lenient_policy(policy) for pattern, policy in known["keys"].items()}
        for member, value in known.items():
            object.__setattr__(sync, member, value)
        return sync


def _policies(keys: Any) -> dict[str, KeyPolicy]:
    if not isinstance(keys, Mapping):
        raise TypeError(f"ContextSync.keys must be a dict of patterns and policies, not {type(keys).__name__}")
    _check.patterns(list(keys), "ContextSync.keys")
    found: dict[str, KeyPolicy] = {}
    for pattern, policy in keys.items():
        name = f"ContextSync.keys[{pattern!r}]"
        if isinstance(policy, Mapping):
            if unknown := set(policy) - set(KeyPolicy.__dataclass_fields__):
                raise ValueError(f"{name} has no member {', '.join(sorted(map(str, unknown)))}")
            policy = KeyPolicy(**policy)
        if not isinstance(policy, KeyPolicy):
            raise TypeError(f"{name} must be a KeyPolicy or a dict, not {type(policy).__name__}")
        found[pattern] = policy
    return found


def _lenient_policy(data: Mapping[str, Any]) -> KeyPolicy:
    policy = KeyPolicy()
    for member in vars(policy):
        object.__setattr__(policy, member, data.get(member))
    return policy


def sync_json(sync: ContextSync | Mapping[str, Any]) -> dict[str, Any]:
    """``sync`` as the contract has it, from either of its forms."""
    if isinstance(sync, ContextSync):
        return sync.to_json()
    if isinstance(sync, Mapping):
        if unknown := set(sync) - set(ContextSync.__dataclass_fields__):
            raise ValueError(f"sync has no member {', '.join(sorted(map(str, unknown)))}")
        return ContextSync(**sync).to_json()
    raise TypeError(f"sync must be a ContextSync or a dict, not {type(sync).__name__}")
