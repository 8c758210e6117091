"""A worker whose handlers do as their standard input says: the test decides when work ends.

worker.py NAME LEASE_MS GRACE_MS: prints "ready", "took <attempt>" for each attempt, "stopped <reason>" when one no longer counts.
"finish" on standard input lets work end, as does "finish" for all that follows.
"""

import asyncio
import sys
import threading

from rosud_call import BlockingWork, agent, serve

name, lease_ms, grace_ms = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
finish = threading.Event()


def listen() -> None:
    for line in sys.stdin:
        if line.strip() == "finish":
            finish.set()


@agent(name, reads=["q"], writes=["a"], lease_ms=lease_ms, max_concurrency=2)
def work(work: BlockingWork) -> dict[str, object]:
    print(f"took {work.attempt}", flush=True)
    while not finish.wait(0.02) and not work.stopped:
        pass
    if work.stopped:
        print(f"stopped {work.stop_reason}", flush=True)
    return {"a": [work["q"], name]}


threading.Thread(target=listen, daemon=True).start()
serve(work, grace_ms=grace_ms, ready=lambda: print("ready", flush=True))
print("served", flush=True)
