"""Refuses bad arguments before anything is sent, naming the argument."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, Sequence

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")
_MADE = re.compile(r"[a-z0-9][a-z0-9._-]{0,639}")
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_PATTERN = re.compile(r"\*|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.?\*)?")

DURATION_MS_MAX = 7 * 24 * 3600 * 1000


def name(value: Any, argument: str) -> str:
    """A name that a caller chooses."""
    return _match(_NAME, value, argument, "1 to 128 of a-z 0-9 . _ - starting with a letter or digit")


def made_id(value: Any, argument: str) -> str:
    """An id that the host made."""
    return _match(_MADE, value, argument, "an id that the host gave")


def names(values: Any, argument: str) -> list[str]:
    found = [name(value, f"{argument}[{i}]") for i, value in enumerate(_many(values, argument))]
    if len(set(found)) != len(found):
        raise ValueError(f"{argument} has a name twice")
    return found


def key(value: Any, argument: str) -> str:
    return _match(_KEY, value, argument, "a key: segments of A-Z a-z 0-9 _ - joined by dots, at most 256 characters", 256)


def keys(values: Any, argument: str) -> list[str]:
    return [key(value, f"{argument}[{i}]") for i, value in enumerate(_many(values, argument))]


def patterns(values: Any, argument: str) -> list[str]:
    """Keys, or beginnings of keys followed by ``*``."""
    return [
        _match(_PATTERN, value, f"{argument}[{i}]", "a key, or the beginning of a key followed by *", 256)
        for i, value in enumerate(_many(values, argument))
    ]


def values(found: Any, argument: str) -> Mapping[str, Any]:
    """A map of keys to values."""
    if not isinstance(found, Mapping):
        raise TypeError(f"{argument} must be a dict of keys and values, not {type(found).__name__}")
    for inner in found:
        key(inner, f"{argument}: {inner!r}" if isinstance(inner, str) else argument)
    return found


def whole(value: Any, argument: str, least: int, most: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{argument} must be a whole number, not {type(value).__name__}")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{argument} must be from {least:,} to {most:,}" if most is not None else f"{argument} must be at least {least:,}")
    return value


def duration_ms(value: Any, argument: str, least: int = 1) -> int:
    return whole(value, argument, least, DURATION_MS_MAX)


def number(value: Any, argument: str, least: float, most: float, *, above: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{argument} must be a number, not {type(value).__name__}")
    if not (least < value if above else least <= value) or not value <= most:
        raise ValueError(f"{argument} must be {'above' if above else 'at least'} {least:g} and at most {most:g}")
    return value


def word(value: Any, argument: str, allowed: Sequence[str]) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be text, not {type(value).__name__}")
    if value not in allowed:
        raise ValueError(f"{argument} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def text(value: Any, argument: str, least: int = 0, most: int = 65_536) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be text, not {type(value).__name__}")
    if not least <= len(value) <= most:
        raise ValueError(f"{argument} must have {least:,} to {most:,} characters")
    return value


def flag(value: Any, argument: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{argument} must be True or False, not {type(value).__name__}")
    return value


def _many(values: Any, argument: str) -> Iterable[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(f"{argument} must be a list of texts, not {type(values).__name__}")
    return list(values)


def _match(pattern: re.Pattern[str], value: Any, argument: str, what: str, longest: int = 640) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be text, not {type(value).__name__}")
    if len(value) > longest or not pattern.fullmatch(value):
        raise ValueError(f"{argument} must be {what}")
    return value
