"""Following a channel, blocking."""

from __future__ import annotations

from typing import Iterator

from .. import watch as _async
from .._background import wait


class Watch(Iterator[_async.Event]):
    """As `rosud_call.Watch`: iterate over it; ``with`` begins it at once and closes its connection at the end."""

    def __init__(self, watch: _async.Watch) -> None:
        self._watch = watch

    @property
    def position(self) -> str | None:
        """The id of the last event: give it as ``after`` to go on from there later."""
        return self._watch.position

    def start(self) -> "Watch":
        """Fixes where the events begin."""
        wait(self._watch.start())
        return self

    def __enter__(self) -> "Watch":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> "Watch":
        return self

    def __next__(self) -> _async.Event:
        try:
            return wait(self._watch.next())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Closes the connection."""
        wait(self._watch.aclose())
