"""What can go wrong, one class for each problem name of the HTTP contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Mapping


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request."""

    message: str
    """What is wrong and what would be right."""

    code: str = "invalid"
    """A stable word for the kind of fault."""

    pointer: str | None = None
    """JSON pointer of the member of the body; empty for the whole body."""

    parameter: str | None = None
    """The part of the path, the query parameter or the header, where it is not the body."""

    def __str__(self) -> str:
        place = self.pointer or self.parameter
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class StaleKey:
    """A key that has changed since it was read."""

    key: str
    read_version: int
    current_version: int
    behind_ms: float


class RosudError(Exception):
    """Anything the host refused or that kept its answer away. Refused requests changed nothing.

    Attributes: ``status`` (HTTP status, None without an answer), ``name`` (of the problem, ``stale-context``),
    ``detail`` (what happened and what to do next), ``errors`` (each fault with its place), ``retry_after`` (seconds
    after which it is worth trying again, or None), ``trace_id`` (what to look for in the host's log), ``problem``
    (the whole body).
    """

    problem_name: ClassVar[str] = ""

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        name: str | None = None,
        problem: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.detail = detail
        self.status = status
        self.name = name or self.problem_name
        self.problem: Mapping[str, Any] = problem or {}
        self.errors: tuple[Fault, ...] = _faults(self.problem.get("errors"))
        self.retry_after = retry_after
        self.trace_id: str | None = self.problem.get("traceId")
        super().__init__(detail)

    def __str__(self) -> str:
        code = f" ({self.status})" if self.status else ""
        faults = "".join(f"\n  {fault}" for fault in self._faults() if fault.pointer or fault.parameter)
        return f"{self.name or 'refused'}{code}: {self.detail}{faults}"

    def _faults(self) -> tuple[Fault, ...]:
        return self.errors


class InvalidRequest(RosudError):
    """400: the request is wrong; ``errors`` names every member that is."""

    problem_name = "invalid-request"


class Unauthorized(RosudError):
    """401: a valid key is required: ``ROSUD_KEY`` or ``Rosud(key=…)``."""

    problem_name = "unauthorized"


class Forbidden(RosudError):
    """403: the key's role does not allow it."""

    problem_name = "forbidden"


class NotFound(RosudError):
    """404: it is not there, or belongs to another tenant."""

    problem_name = "not-found"


class AlreadyExists(RosudError):
    """409: the name is taken by something else."""

    problem_name = "already-exists"


class VersionAhead(RosudError):
    """409: the version named is newer than the context; ``version`` is its newest."""

    problem_name = "version-ahead"

    @property
    def version(self) -> int | None:
        version = self.problem.get("version")
        return version if isinstance(version, int) else None


class ParkedFull(RosudError):
    """409: 100 writes of a key wait for a decision under ``manual``. Nothing was written: resolve some first."""

    problem_name = "parked-full"


class Fenced(RosudError):
    """409: a later attempt has the step, or this one's lease ended. Its work no longer counts."""

    problem_name = "fenced"


class Unverified(RosudError):
    """409: the step has a verifier, so nothing of it shows before it was judged: complete it instead of publishing."""

    problem_name = "unverified"


class InProgress(RosudError):
    """409: the same request is still running. The client waits for it by itself."""

    problem_name = "in-progress"


class Changed(RosudError):
    """412: something changed since ``based_on``. Nothing was written: read again and decide anew."""

    @property
    def stale(self) -> tuple[StaleKey, ...]:
        """The keys that have changed."""
        keys = self.problem.get("stale") or ()
        return tuple(StaleKey(key["key"], key["read_version"], key["current_version"], key["behind_ms"]) for key in keys)

    @property
    def version(self) -> int | None:
        """The newest version of the context."""
        version = self.problem.get("version")
        return version if isinstance(version, int) else None


class StaleContext(Changed):
    """412: a key that the commit relied on has changed (``stale``). Nothing was written: read again and decide anew."""

    problem_name = "stale-context"


class Conflict(Changed):
    """412: a written key has changed and the channel rejects that. Nothing was written."""

    problem_name = "conflict"


class PreconditionRequired(RosudError):
    """428: this key is only written with ``based_on``."""

    problem_name = "precondition-required"


class IdempotencyMismatch(RosudError):
    """422: the key or task id was used before for something else."""

    problem_name = "idempotency-mismatch"


class ContractRejected(RosudError):
    """422: the task breaks a contract; ``problems`` lists every breach. There is no run."""

    problem_name = "contract-rejected"

    @property
    def problems(self) -> tuple[Fault, ...]:
        return _faults(self.problem.get("problems"))

    def _faults(self) -> tuple[Fault, ...]:
        return self.problems


class PayloadTooLarge(RosudError):
    """413: one thing is too large (a body 1 MiB, a value 256 KiB)."""

    problem_name = "payload-too-large"


class QuotaExceeded(RosudError):
    """413: all things together are too large (a channel 64 MiB of values, 200,000 keys)."""

    problem_name = "quota-exceeded"


class Compacted(RosudError):
    """410: that part of the history is no longer kept; ``oldest`` is the first version that is."""

    problem_name = "compacted"

    @property
    def oldest(self) -> int | None:
        oldest = self.problem.get("oldest")
        return oldest if isinstance(oldest, int) else None


class Overloaded(RosudError):
    """429: no room right now, for as long as the client tried; ``retry_after`` says when to come back."""

    problem_name = "overloaded"


class CircuitOpen(RosudError):
    """503: the agent keeps failing and is not called; ``retry_after`` says when it is tried again. Not retried by itself."""

    problem_name = "circuit-open"


class UnknownOutcome(RosudError):
    """503: it may or may not have happened, and repeating it under the same key did not tell within the deadline."""

    problem_name = "unknown-outcome"


class Unreachable(RosudError):
    """No answer within the deadline: nobody listens at the url, or connections broke or stayed silent each time.

    A write may or may not have happened; ``maybe_applied`` is False when no try ever reached the host.
    """

    problem_name = "unreachable"

    def __init__(self, detail: str, *, maybe_applied: bool = True) -> None:
        super().__init__(detail)
        self.maybe_applied = maybe_applied


class BadSignature(RosudError):
    """A webhook request that is not signed with the agent's secret, or too long ago. Answer 401 and do nothing."""

    problem_name = "bad-signature"


def _subclasses(of: type[RosudError]) -> dict[str, type[RosudError]]:
    found: dict[str, type[RosudError]] = {}
    for cls in of.__subclasses__():
        if cls.problem_name:
            found[cls.problem_name] = cls
        found.update(_subclasses(cls))
    return found


_BY_NAME = {name: cls for name, cls in _subclasses(RosudError).items() if cls not in (Unreachable, BadSignature)}
_BY_STATUS: dict[int, type[RosudError]] = {401: Unauthorized, 403: Forbidden, 404: NotFound, 429: Overloaded}


def _faults(found: Any) -> tuple[Fault, ...]:
    return tuple(
        Fault(fault.get("message", ""), fault.get("code", "invalid"), fault.get("pointer"), fault.get("parameter"))
        for fault in found or ()
    )


def of_answer(status: int, body: Any, retry_after: float | None) -> RosudError:
    """The error of an answer that is none: by its problem name, else by its status."""
    problem: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    kind = problem.get("type")
    name = kind.removeprefix("urn:rosud:problem:") if isinstance(kind, str) else ""
    exact_ms = problem.get("retry_after_ms")
    if isinstance(exact_ms, (int, float)):
        retry_after = exact_ms / 1000
    detail = problem.get("detail")
    if not isinstance(detail, str):
        detail = f"The host, or something before it, answered {status}."
    cls = _BY_NAME.get(name) or (_BY_STATUS.get(status) if not name else None) or RosudError
    return cls(detail, status=status, name=name or None, problem=problem, retry_after=retry_after)
