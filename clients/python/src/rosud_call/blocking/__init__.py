"""The same as `rosud_call`, without coroutines: same names, same arguments, every verb blocks until it has an answer.

All requests run on one event loop in a thread of its own, so that blocking code has the same repeats, deadlines and
resuming. Any number of threads may call at once. Ctrl+C ends the call that waits. Handlers of agents are the same in both:
``agent`` and ``serve`` are those of `rosud_call`.
"""

from .._json import Number
from ..client import Rosud
from ..handlers import agent
from ..policy import CoordinationPolicy
from ..sync import UNSET, ContextSync, KeyPolicy
from ..tasks import Step, Task
from ..watch import Gap, Notice
from ..worker import serve
from .agents import Agent
from .channel import Channel
from .network import Network
from .pages import Pages
from .runs import Run
from .watch import Watch

__all__ = [
    "UNSET", "Agent", "Channel", "ContextSync", "CoordinationPolicy", "Gap", "KeyPolicy", "Network", "Notice", "Number",
    "Pages", "Rosud", "Run", "Step", "Task", "Watch", "agent", "serve",
]
