"""Answering webhooks: whether a request is the host's, and what to say to it. Goes with any HTTP server."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import time
from dataclasses import dataclass, field
from typing import Mapping

from . import _background, _json
from ._records import build
from .assignments import Assignment
from .client import Rosud, pick
from .errors import BadSignature
from .handlers import AgentHandler, Handling
from .work import Failure

SIGNATURE_HEADER = "Rosud-Signature"
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def verify_signature(secret: str, headers: Mapping[str, str], body: bytes, tolerance: float = 300, now: float | None = None) -> None:
    """Raises `BadSignature` unless the host signed exactly this body with the agent's secret within ``tolerance`` seconds.

    The header is ``Rosud-Signature: t=<unix seconds>,v1=<hex>``; v1 is HMAC-SHA256 over the digits of t, a full stop and
    the bytes of the body as they came. Compared in constant time. ``now``: seconds since 1970, default this machine's clock.
    """
    if not isinstance(secret, str) or not secret:
        raise ValueError("secret must be text of at least one character")
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError("body must be the bytes as they came: decoding and encoding it again may change them")
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE_HEADER.lower()), None)
    match = _SIGNATURE.fullmatch(given.strip()) if given else None
    if match is None:
        raise BadSignature(f"There is no good {SIGNATURE_HEADER} header.")
    at, told = match.groups()
    wanted = hmac.new(secret.encode("utf-8"), at.encode("ascii") + b"." + bytes(body), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, told):
        raise BadSignature("The signature does not belong to this body and secret.")
    if abs((time.time() if now is None else now) - int(at)) > tolerance:
        raise BadSignature(f"The signature was made more than {tolerance:g} s ago or ahead.")


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What to send back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_webhook(handler: AgentHandler, secret: str, headers: Mapping[str, str], body: bytes, *, client: Rosud | None = None) -> WebhookAnswer:
    """Checks a webhook request and has the handler do it. Blocks until it is done; servers run it in a thread per request.

    401 for what the host did not sign, 400 for what is no assignment, 200 with the completion, 500 for a failure that is
    tried again, 422 for one that is not, 429 with ``Retry-After`` for `Deferred`.
    """
    return _background.wait(answer_webhook_async(handler, secret, headers, body, client=client))


async def answer_webhook_async(
    handler: AgentHandler, secret: str, headers: Mapping[str, str], body: bytes, *, client: Rosud | None = None
) -> WebhookAnswer:
    """As `answer_webhook`, for servers with an event loop. Cancel it when the host ends its request: the attempt is over then."""
    try:
        verify_signature(secret, headers, body)
        assignment = build(Assignment, _json.decode(body))
    except BadSignature as error:
        return _text(401, str(error))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return _text(400, "This is no assignment.")
    if assignment.agent != handler.name:
        return _text(422, f"This is {handler.name}, not {assignment.agent}.")
    outcome = await Handling(handler, assignment, pick(client), beats=False).run()
    if isinstance(outcome, str):
        return WebhookAnswer(200, outcome.encode("ascii"), {"Content-Type": "application/json"})
    if outcome is None:
        return _text(500, "The attempt no longer counts.")
    if isinstance(outcome, Failure) and outcome.retry_after_ms is None:
        return _text(500 if outcome.retryable else 422, outcome.reason)
    seconds = str(max(1, math.ceil((outcome.retry_after_ms or 0) / 1000)))
    return WebhookAnswer(429, outcome.reason.encode("utf-8"), {"Content-Type": "text/plain; charset=utf-8", "Retry-After": seconds})


def _text(status: int, text: str) -> WebhookAnswer:
    return WebhookAnswer(status, text.encode("utf-8"), {"Content-Type": "text/plain; charset=utf-8"})


