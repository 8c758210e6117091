"""Makes typed values of answers. What a newer host says more is left out; what an older one does not say is None."""

from __future__ import annotations

from dataclasses import MISSING, field, fields
from datetime import datetime
from typing import Any, Callable, Mapping, TypeVar

T = TypeVar("T")


def instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value.replace("Z", "+00:00"))


def made(of: Callable[[Any], Any], **options: Any) -> Any:
    """A field whose JSON is turned into something else."""
    return field(metadata={"of": of}, **options)


def many(cls: type[T]) -> Any:
    return made(lambda items: tuple(build(cls, item) for item in items or ()), default=())


def one(cls: type[Any]) -> Any:
    return made(lambda item: None if item is None else build(cls, item), default=None)


def at() -> Any:
    return made(instant, default=None)


def build(cls: type[T], data: Mapping[str, Any]) -> T:
    found: dict[str, Any] = {}
    for known in fields(cls):   # type: ignore[arg-type]
        if known.name in data:
            of = known.metadata.get("of")
            found[known.name] = of(data[known.name]) if of else data[known.name]
        elif known.default is MISSING and known.default_factory is MISSING:
            found[known.name] = None
    return cls(**found)
