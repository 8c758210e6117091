"""Client of Rosud, the coordination layer between AI agents.

Channels and their context: `Channel`, `ContextSync`. Runs: `Run`, `Task`, `Step`. Networks: `Network`,
`CoordinationPolicy`. Being an agent: `agent`, `serve`. Everything without coroutines: `rosud_call.blocking`.
"""

from ._json import Number
from .agents import Agent, AgentInfo, Breaker, Bulkhead, Supervisor
from .assignments import Assignment, Beat, ChangedReads, Completion, GivenAnswer, Proposed, Seen, Settled, View
from .audit import AuditBreak, AuditCheck, AuditEntry, AuditPoint
from .channel import Channel, ChannelInfo
from .client import Rosud
from .context import Change, ChangePage, Committed, Context, Entry
from .errors import (
    AlreadyExists,
    BadSignature,
    Changed,
    CircuitOpen,
    Compacted,
    Conflict,
    ContractRejected,
    Fault,
    Fenced,
    Forbidden,
    IdempotencyMismatch,
    InProgress,
    InvalidRequest,
    NotFound,
    Overloaded,
    ParkedFull,
    PayloadTooLarge,
    PreconditionRequired,
    QuotaExceeded,
    RosudError,
    StaleContext,
    StaleKey,
    Unauthorized,
    UnknownOutcome,
    Unreachable,
    Unverified,
    VersionAhead,
)
from .handlers import AgentHandler, agent
from .history import KeyDifference, KeyWrite, OpenConflict, ParkedWrite
from .network import Network, NetworkInfo
from .pages import Page, Pages
from .policy import CoordinationPolicy
from .results import AgentCounts, AgentUse, Attempt, Effect, PathPart, Question, RunResult, RunSummary, TimelineEvent, Tokens, Usage
from .retry import Backoff
from .runs import Run
from .sync import UNSET, ContextSync, KeyPolicy
from .tasks import Step, Task
from .watch import Gap, Notice, Watch
from .webhook import WebhookAnswer, answer_webhook, answer_webhook_async, verify_signature
from .work import Asked, BlockingWork, Deferred, Failure, Stopped, Work
from .worker import serve, serve_async

__version__ = "0.1.0"

__all__ = [
    "Asked", "Agent", "AgentCounts", "AgentHandler", "AgentInfo", "AgentUse", "AlreadyExists", "Assignment", "Attempt",
    "AuditBreak", "AuditCheck", "AuditEntry", "AuditPoint", "Backoff",
    "BadSignature", "Beat", "BlockingWork", "Breaker", "Bulkhead", "Change", "ChangePage", "Changed", "ChangedReads",
    "Channel", "ChannelInfo", "CircuitOpen", "Committed", "Compacted", "Completion", "Conflict", "Context",
    "ContextSync", "ContractRejected", "CoordinationPolicy", "Deferred", "Effect", "Entry", "Failure", "Fault", "Fenced",
    "Forbidden", "Gap", "GivenAnswer", "IdempotencyMismatch", "InProgress", "InvalidRequest", "KeyDifference", "KeyPolicy", "KeyWrite",
    "Network", "NetworkInfo", "NotFound", "Notice", "Number", "OpenConflict", "Overloaded", "Page", "Pages",
    "ParkedFull", "ParkedWrite", "PathPart", "PayloadTooLarge", "PreconditionRequired", "Proposed", "Question", "QuotaExceeded", "Rosud",
    "RosudError", "Run", "RunResult", "RunSummary", "Seen", "Settled", "StaleContext", "StaleKey", "Step", "Stopped",
    "Supervisor", "Task", "TimelineEvent", "Tokens", "UNSET", "Unauthorized", "UnknownOutcome", "Unreachable", "Unverified", "Usage",
    "VersionAhead", "View", "Watch", "WebhookAnswer", "Work", "agent", "answer_webhook", "answer_webhook_async",
    "serve", "serve_async", "verify_signature",
]
