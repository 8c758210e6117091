"""Lists, blocking."""

from __future__ import annotations

from typing import Callable, Generic, Iterator, TypeVar

from .. import pages as _async
from .._background import wait

T = TypeVar("T")


class Pages(Generic[T]):
    """``page()`` gives one page (``limit`` items after ``after``); iterating goes over all items, page by page."""

    def __init__(self, fetch: Callable[[str | None], _async.Pages[T]], after: str | None) -> None:
        self._fetch = fetch
        self._after = after

    def page(self) -> _async.Page[T]:
        """The first page."""
        return wait(self._fetch(self._after).page())

    def __iter__(self) -> Iterator[T]:
        after = self._after
        while True:
            page = wait(self._fetch(after).page())
            yield from page
            if page.next is None:
                return
            after = page.next
