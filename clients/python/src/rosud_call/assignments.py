"""One attempt at one step, as its agent gets it, and what the agent says about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Iterator, Mapping, Sequence

from . import _check, _json
from ._records import at, build, made, many, one
from .client import Request, Rosud, part
from .results import Effect, Usage


@dataclass(frozen=True, slots=True)
class Seen:
    """One key's value, and the version that wrote it."""

    value: Any
    version: int


@dataclass(frozen=True, slots=True)
class View(Mapping[str, Any]):
    """The declared reads as they were at one version. As a mapping it has the values."""

    version: int
    entries: Mapping[str, Seen] = made(lambda entries: {key: build(Seen, entry) for key, entry in entries.items()})

    def __getitem__(self, key: str) -> Any:
        return self.entries[key].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, slots=True)
class ChangedReads:
    """What changed in the reads since the attempt before."""

    since: int
    keys: tuple[str, ...] = made(tuple, default=())


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a person has answered to a question of the step."""

    question_id: str
    question: str
    value: Any = None
    answered_at: datetime | None = at()
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a verifier is to judge: it returns ``Completion(output={"accepted": bool, "reason": str})`` and writes nothing."""

    step: str
    agent: str
    attempt: int
    writes: Mapping[str, Any]
    delete: tuple[str, ...] = made(tuple, default=())
    output: Any = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attempt at one step."""

    id: str
    run: str
    step: str
    agent: str
    attempt: int
    goal: str
    input: Any
    context: View = one(View)
    deadline: datetime | None = at()
    """When the attempt ends, by the host's clock."""

    deadline_ms: int = 0
    """Time left when it was handed out: what to measure with."""

    lease_until: datetime | None = at()
    shadow: bool = False
    """Runs only for comparison: no outside effects."""

    changed: ChangedReads | None = one(ChangedReads)
    idempotency_key: str = ""
    """Give it to whatever has effects: the same after a failure, a new one when the reads changed."""

    traceparent: str | None = None
    answers: tuple[GivenAnswer, ...] = many(GivenAnswer)
    """What people have answered, as far as what they were shown still holds."""

    proposed: Proposed | None = one(Proposed)
    """What a verifier is to judge; None for all other work."""

    feedback: str | None = None
    """Why the attempt before was not accepted, when a verifier or a schema refused it."""


@dataclass(frozen=True, slots=True)
class ChangedContext:
    """What changed of what a running attempt was handed: ``keys`` since its view, and ``context`` with those of them that still exist."""

    since: int
    keys: tuple[str, ...] = made(tuple, default=())
    context: View = one(View)


@dataclass(frozen=True, slots=True)
class Beat:
    """A lease that was renewed, and whether the attempt still counts."""

    lease_until: datetime | None = at()
    superseded: bool = False
    cancelled: bool = False
    changed: ChangedContext | None = one(ChangedContext)
    """Only for agents registered with ``rebase``, in runs that rebase."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a completion: ``accepted``, ``held``, ``stale`` or ``rejected`` (see ``reason``)."""

    outcome: str
    version: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Completion:
    """What a handler wants committed, where writes alone do not say it all."""

    writes: Mapping[str, Any] | None = None
    delete: Sequence[str] = ()
    output: Any = None
    """A value beside the context."""

    reads: Sequence[str] | None = None
    """What it really relied on, when that is less than its view."""

    usage: Usage | Mapping[str, Any] | None = None

    based_on: int | None = None
    """The version it rests on; `work.rebase` sees to it."""

    def to_json(self) -> str:
        body: dict[str, Any] = {"writes": _check.values(self.writes or {}, "writes")}
        if self.based_on is not None:
            body["based_on"] = _check.whole(self.based_on, "based_on", 0)
        if self.delete:
            body["delete"] = _check.keys(self.delete, "delete")
        if self.output is not None:
            body["output"] = self.output
        if self.reads is not None:
            body["reads"] = _check.patterns(self.reads, "reads")
        if isinstance(self.usage, Usage):
            body["usage"] = {name: getattr(self.usage, name) for name in ("input_tokens", "output_tokens", "cost_usd", "model") if getattr(self.usage, name) is not None}
        elif self.usage is not None:
            body["usage"] = dict(self.usage)
        return _json.encode_body(body)


async def take(client: Rosud, path: str, max: int, wait_ms: int, lease_ms: int, worker: str | None = None) -> Sequence[Assignment]:
    body: dict[str, Any] = {
        "max": _check.whole(max, "max", 1, 100),
        "wait_ms": _check.whole(wait_ms, "wait_ms", 0, 20_000),
        "lease_ms": _check.whole(lease_ms, "lease_ms", 1_000, 600_000),
    }
    if worker is not None:
        body["worker"] = worker
    request = Request("POST", f"{path}/assignments/take", body=_json.encode_body(body), waits=wait_ms / 1000)
    return tuple(build(Assignment, item) for item in (await client.call(request)).body["assignments"])


class AssignmentCalls:
    """What an agent says about one assignment. Each may be repeated; `Fenced` means that the attempt no longer counts."""

    def __init__(self, client: Rosud, assignment: str) -> None:
        self._client = client
        self._path = f"/v1/assignments/{part(assignment)}"

    async def heartbeat(self, progress: float | None = None, status: str | None = None, wait_ms: int = 0) -> Beat:
        body: dict[str, Any] = {"wait_ms": _check.whole(wait_ms, "wait_ms", 0, 20_000)}
        if progress is not None:
            body["progress"] = _check.number(progress, "progress", 0, 1)
        if status is not None:
            body["status"] = _check.text(status, "status", 0, 1024)
        return build(Beat, await self._say("heartbeat", _json.encode_body(body), wait_ms / 1000))

    async def publish(self, writes: Mapping[str, Any], delete: Sequence[str] = ()) -> int:
        body: dict[str, Any] = {"writes": _check.values(writes, "writes")}
        if delete:
            body["delete"] = _check.keys(delete, "delete")
        version: int = (await self._say("publish", _json.encode_body(body)))["version"]
        return version

    async def claim(self, name: str) -> Effect:
        """Claims an effect before it is done, or returns what an earlier attempt left."""
        return await self._effect(name, {})

    async def receipt(self, name: str, receipt: Any) -> Effect:
        """Says that an effect was done; an earlier receipt stays."""
        return await self._effect(name, {"receipt": receipt})

    async def ask(self, question: str, schema: Any = None, expires_ms: int | None = None) -> str:
        """Ends the attempt with a question; returns its id."""
        body: dict[str, Any] = {"question": _check.text(question, "question", 1, 16_384)}
        if schema is not None:
            body["schema"] = schema
        if expires_ms is not None:
            body["expires_ms"] = _check.duration_ms(expires_ms, "expires_ms", 1)
        return str((await self._say("ask", _json.encode_body(body))).get("question", ""))

    async def _effect(self, name: str, body: dict[str, Any]) -> Effect:
        path = f"{self._path}/effects/{part(_check.name(name, 'name'))}"
        return build(Effect, (await self._client.call(Request("PUT", path, body=_json.encode_body(body)))).body)

    async def complete(self, completion: str) -> Settled:
        return build(Settled, await self._say("complete", completion))

    async def fail(self, reason: str, retryable: bool = True, retry_after_ms: int | None = None) -> None:
        body: dict[str, Any] = {"reason": reason[:4096] or "no reason given", "retryable": retryable}
        if retry_after_ms is not None:
            body["retry_after_ms"] = retry_after_ms
        await self._say("fail", _json.encode_body(body))

    async def _say(self, verb: str, body: str, waits: float = 0.0) -> Any:
        return (await self._client.call(Request("POST", f"{self._path}/{verb}", body=body, waits=waits))).body
