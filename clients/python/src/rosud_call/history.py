"""Who wrote what, what differs, and what waits for somebody's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._records import at, one
from .context import Entry


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """A key that is another at two versions."""

    key: str
    change: str
    """``added``, ``changed`` or ``removed``."""

    before: Entry | None = one(Entry)
    after: Entry | None = one(Entry)


@dataclass(frozen=True, slots=True)
class KeyWrite:
    """One commit that wrote or deleted a key."""

    version: int
    """The version it made."""

    committed_at: datetime | None = at()
    writer: str = ""
    run: str | None = None
    step: str | None = None
    attempt: int | None = None
    value: Any = None
    """What the key became; None also when it was deleted, see ``deleted``."""

    deleted: bool = False
    provisional: bool = False
    stale: bool = False
    resolves: str | None = None
    """The id of the conflict that it decided."""


@dataclass(frozen=True, slots=True)
class ParkedWrite:
    """A write that lost under ``manual`` and waits."""

    writer: str
    parked_at: datetime | None = at()
    version: int = 0
    """The newest version when it was parked."""

    value: Any = None
    """What it wanted the key to be; None also when it wanted it deleted, see ``delete``."""

    delete: bool = False
    based_on: int | None = None
    run: str | None = None
    step: str | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A parked write beside what its key is now."""

    id: str
    key: str
    parked: ParkedWrite = one(ParkedWrite)
    current: Entry | None = one(Entry)
    """None when the key is absent."""
