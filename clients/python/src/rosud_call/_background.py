"""Lets blocking code use the same coroutines: one event loop in a thread of its own, shared by all of them."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from typing import Any, Coroutine, TypeVar

T = TypeVar("T")


class _Background:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs ``work`` to its end. An exception that interrupts the waiting (Ctrl+C) ends the work too."""
        loop = self.loop()
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("A blocking call would wait for itself here: use the asynchronous one.")
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # A forked child has the loop but not its thread.
            if self._loop is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="rosud-call", daemon=True)
                self._thread.start()
            return self._loop

    def stop(self) -> None:
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
            if loop is None or thread is None or self._pid != os.getpid():
                return
        ending = asyncio.run_coroutine_threadsafe(_end(), loop)
        try:
            ending.result(1.0)
        except Exception:
            pass   # The process ends in any case.
        loop.call_soon_threadsafe(loop.stop)
        thread.join(1.0)
        if not thread.is_alive():
            loop.close()


async def _end() -> None:
    loop = asyncio.get_running_loop()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await loop.shutdown_asyncgens()


_background = _Background()
atexit.register(_background.stop)


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Blocks this thread until ``work`` has ended. For code outside of event loops, and for one short call inside."""
    return _background.wait(work)
