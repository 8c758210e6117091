"""Lists: await them for one page, or iterate over everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, AsyncIterator, Awaitable, Callable, Generator, Generic, Iterator, Sequence, TypeVar, overload

from . import _check
from .client import Request, Rosud

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Sequence[T]):
    """Part of a list."""

    items: tuple[T, ...]
    next: str | None
    """What to give as ``after`` for the next page; None at the end."""

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self.items[index]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)


class Pages(Generic[T]):
    """``await`` gives one page (``limit`` items after ``after``); ``async for`` goes over all items, page by page."""

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[T]]], after: str | None) -> None:
        self._fetch = fetch
        self._after = after

    def __await__(self) -> Generator[Any, None, Page[T]]:
        return self._fetch(self._after).__await__()

    async def page(self) -> Page[T]:
        """The first page."""
        return await self._fetch(self._after)

    async def __aiter__(self) -> AsyncIterator[T]:
        after = self._after
        while True:
            page = await self._fetch(after)
            for item in page:
                yield item
            if page.next is None:
                return
            after = page.next


def pages(
    client: Rosud,
    path: str,
    member: str,
    of: Callable[[Any], T],
    limit: int,
    after: str | None,
    query: dict[str, str | None] | None = None,
    cursor: str = "after",
) -> Pages[T]:
    _check.whole(limit, "limit", 1, 500)

    async def fetch(start: str | None) -> Page[T]:
        answer = await client.call(Request("GET", path, {**(query or {}), "limit": str(limit), cursor: start}))
        following = answer.body.get("next")
        return Page(tuple(of(item) for item in answer.body[member]), None if following is None else str(following))

    return Pages(fetch, after)
