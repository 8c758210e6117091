"""Who wrote and who read: the entries of a channel's audit chain, its check, and its export."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO, Union

from . import _json, errors
from ._http import Broken
from ._records import one
from .client import SILENCE_MAX, Request, Rosud

ExportTarget = Union[str, "os.PathLike[str]", BinaryIO]
"""A file by its path, which is made or replaced, or one that is open for bytes."""

NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the chain."""

    entry: dict[str, Any]
    """What happened, as it is chained: ``kind``, ``n``, ``at``, ``writer``, ``keys`` …; docs/audit.md tells them all."""

    hash: str
    """SHA-256 of the hash before and the entry's bytes."""


@dataclass(frozen=True, slots=True)
class AuditPoint:
    """A point of the chain: the number of its last entry, and the hash there."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditBreak:
    """The first entry that is wrong, as far as that can be told, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What the host found when it checked its own chain."""

    ok: bool
    entries: int
    """How many were checked."""

    after: AuditPoint = one(AuditPoint)
    """The point that the kept chain begins after."""

    head: str = ""
    number: int = 0
    """The last entry that is right, and the hash there: see `point`."""

    values: int = 0
    values_gone: int = 0
    """Values that are no longer kept; they break nothing."""

    extends: bool | None = None
    """Whether the chain goes through the point that was given; None when none was."""

    broken: AuditBreak | None = one(AuditBreak)

    @property
    def point(self) -> AuditPoint:
        """Where the chain comes to. Keep it elsewhere, and give it to a later check."""
        return AuditPoint(self.number, self.head)


async def export(client: Rosud, path: str, target: ExportTarget, after: int) -> None:
    """Writes an export as it comes. One that breaks off raises, and has no signed head."""
    query = {"after": str(after)}
    await client.call(Request("GET", path, {**query, "limit": "1"}))   # What is refused is said before a file is made.
    opened = open(target, "wb") if isinstance(target, (str, os.PathLike)) else nullcontext(target)
    with opened as file:
        connection, head = await client.open(Request("GET", path, query, headers={"Accept": NDJSON}), SILENCE_MAX)
        try:
            if head.status != 200:
                raw = await connection.body(lambda: SILENCE_MAX)
                raise errors.of_answer(head.status, _json.decode(raw) if raw else None, None)
            async for piece in connection.pieces():
                connection.limit(SILENCE_MAX)
                file.write(piece)
        except Broken as broken:
            raise errors.Unreachable(f"The export broke off and has no signed head: {broken}", maybe_applied=False) from broken
        finally:
            connection.abort()
