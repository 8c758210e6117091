"""Runs the tests and counts them: the last line is "N passed, N failed" and nothing else."""

from __future__ import annotations

import faulthandler
import logging
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
for name in ("ROSUD_URL", "ROSUD_KEY"):
    os.environ.pop(name, None)


class Results(unittest.TextTestResult):
    """One line a test, with its seconds."""

    good = 0
    bad = 0

    def startTest(self, test: unittest.TestCase) -> None:
        unittest.TestResult.startTest(self, test)
        self._began = time.monotonic()

    def _line(self, test: unittest.TestCase, word: str) -> None:
        print(f"{word} {time.monotonic() - self._began:5.1f} s  {test.id()}", flush=True)

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.good += 1
        self._line(test, "ok  ")

    def addError(self, test: unittest.TestCase, err: object) -> None:   # type: ignore[override]
        self._bad(test, err)

    def addFailure(self, test: unittest.TestCase, err: object) -> None:   # type: ignore[override]
        self._bad(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: object) -> None:   # type: ignore[override]
        if err is not None:
            self._bad(subtest, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._bad(test, (AssertionError, AssertionError(f"skipped: {reason}"), None))   # A test that does not run proves nothing.

    def _bad(self, test: unittest.TestCase, err: object) -> None:
        self.bad += 1
        self._began = getattr(self, "_began", time.monotonic())
        self._line(test, "FAIL")
        print(self._exc_info_to_string(err, test), flush=True)


def chosen(suite: unittest.TestSuite, words: list[str]) -> unittest.TestSuite:
    found = unittest.TestSuite()
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            found.addTest(chosen(test, words))
        elif not words or any(word in test.id() for word in words):
            found.addTest(test)
    return found


def main() -> int:
    faulthandler.dump_traceback_later(300, exit=True)   # A test that hangs is a failure that says where.
    logging.getLogger("asyncio").setLevel(logging.ERROR)   # Its debug mode tells of every slow step.
    logging.getLogger("rosud_call").addHandler(logging.NullHandler())
    suite = chosen(unittest.defaultTestLoader.discover(str(HERE), pattern="test_*.py"), sys.argv[1:])
    results = Results(unittest.runner._WritelnDecorator(sys.stderr), False, 0)   # type: ignore[attr-defined]
    suite.run(results)
    import live

    live.close()
    if results.good == 0 and results.bad == 0:
        results.bad = 1
    print(f"{results.good} passed, {results.bad} failed", flush=True)
    return 0 if results.bad == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
