"""Runs, blocking."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from .. import runs as _async
from .._background import wait
from ..client import Rosud
from ..results import Question, RunResult, RunSummary, TimelineEvent
from .pages import Pages


class Run:
    """As `rosud_call.Run`, blocking."""

    def __init__(self, id: str, client: Rosud | None = None) -> None:
        self._async = _async.Run(id, client)
        self.id = self._async.id

    def __repr__(self) -> str:
        return repr(self._async)

    @classmethod
    def open(cls, id: str, *, client: Rosud | None = None) -> "Run":
        """A run by its id. Sends nothing."""
        return cls(id, client)

    @staticmethod
    def list(
        channel: str | None = None, status: str | None = None, *, limit: int = 100, after: str | None = None, client: Rosud | None = None
    ) -> Pages[RunSummary]:
        """Runs of one channel or of all: iterate for everything, ``page()`` for one page."""
        _async.Run.list(channel, status, limit=limit, after=after, client=client)   # Refuses bad arguments here.
        return Pages(lambda start: _async.Run.list(channel, status, limit=limit, after=start, client=client), after)

    def describe(self) -> RunResult:
        """The run as it stands now."""
        return wait(self._async.describe())

    def result(self, wait_ms: int | None = None) -> RunResult:
        """Waits for the end of the run, at most ``wait_ms``, and returns it as it then stands."""
        return wait(self._async.result(wait_ms))

    def timeline(self) -> tuple[TimelineEvent, ...]:
        """What happened in the run, in order."""
        return wait(self._async.timeline())

    def explain(self) -> Mapping[str, Any]:
        """Why the run was slow, why it went wrong and why it stopped, each sentence with its evidence."""
        return wait(self._async.explain())

    def events(self) -> Iterator[_async.RunEvent]:
        """The run as it stands, then what happens in it, then the run as it ended."""
        events = self._async.events()
        try:
            while True:
                try:
                    event = wait(_async.next_event(events))
                except StopAsyncIteration:
                    return
                yield event
        finally:
            wait(_async.close_events(events))

    def questions(self) -> tuple[Question, ...]:
        """The questions that wait for a person now."""
        return wait(self._async.questions())

    def answer(self, question: str | Question, value: Any, by: str | None = None) -> Question:
        """Answers a question; durable when it returns."""
        return wait(self._async.answer(question, value, by))

    def cancel(self) -> RunResult:
        """Ends the run as ``canceled`` unless it has ended."""
        return wait(self._async.cancel())
