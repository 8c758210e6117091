"""When a call is tried again, and when not: values without a clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Callable

from .errors import CircuitOpen, InProgress, Overloaded, RosudError, UnknownOutcome, Unreachable

_STATUSES = frozenset({408, 429, 502, 503, 504})


def is_worth_repeating(error: RosudError) -> bool:
    """Whether the same request, under the same key, may have another answer soon."""
    if isinstance(error, CircuitOpen):
        return False
    return isinstance(error, (Unreachable, InProgress, Overloaded, UnknownOutcome)) or error.status in _STATUSES


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, each drawn from zero to its height (full jitter), so that callers do not come back in step."""

    first: float = 0.1
    """Height of the first pause, in seconds."""

    longest: float = 5.0
    """Height of the highest pause, in seconds."""

    draw: Callable[[], float] = field(default=random.random)
    """A number from 0 to 1."""

    def pause(self, failures: int, retry_after: float | None = None) -> float:
        """Seconds to wait after so many failures. ``retry_after`` is the least; the jitter comes on top of it."""
        height = min(self.longest, self.first * 2 ** min(failures - 1, 30))
        return (retry_after or 0.0) + height * self.draw()
