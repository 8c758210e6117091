import unittest

from rosud_call import Backoff, CircuitOpen, Fenced, InProgress, NotFound, Overloaded, RosudError, UnknownOutcome, Unreachable
from rosud_call.errors import of_answer
from rosud_call.retry import is_worth_repeating


class Pauses(unittest.TestCase):
    def test_pauses_double_up_to_the_longest(self) -> None:
        full = Backoff(0.1, 5.0, draw=lambda: 1.0)
        self.assertEqual([round(full.pause(failures), 3) for failures in range(1, 9)], [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])
        self.assertEqual(full.pause(100_000), 5.0)

    def test_jitter_goes_down_to_nothing(self) -> None:
        self.assertEqual(Backoff(draw=lambda: 0.0).pause(9), 0.0)

    def test_retry_after_is_the_least(self) -> None:
        self.assertEqual(Backoff(draw=lambda: 0.0).pause(1, retry_after=3.5), 3.5)
        self.assertGreater(Backoff(draw=lambda: 0.5).pause(1, retry_after=3.5), 3.5)


class Repeating(unittest.TestCase):
    def test_only_what_may_get_better_is_repeated(self) -> None:
        for error in (Unreachable("x"), InProgress("x"), Overloaded("x"), UnknownOutcome("x"), RosudError("x", status=502), RosudError("x", status=504)):
            self.assertTrue(is_worth_repeating(error), error.name)
        for error in (CircuitOpen("x", status=503), NotFound("x", status=404), Fenced("x", status=409), RosudError("x", status=500), RosudError("x", status=400)):
            self.assertFalse(is_worth_repeating(error), error.name)

    def test_the_exact_time_of_the_problem_beats_the_header(self) -> None:
        error = of_answer(429, {"type": "urn:rosud:problem:overloaded", "detail": "full", "retry_after_ms": 250}, 1.0)
        self.assertIsInstance(error, Overloaded)
        self.assertEqual(error.retry_after, 0.25)

    def test_an_answer_of_something_else_than_the_host_is_an_error_with_its_status(self) -> None:
        error = of_answer(502, None, None)
        self.assertEqual((type(error), error.status, error.name), (RosudError, 502, ""))
        self.assertIsInstance(of_answer(404, {"type": "urn:rosud:problem:not-found"}, None), NotFound)
        self.assertEqual(of_answer(418, {"type": "urn:rosud:problem:new-one", "detail": "d"}, None).name, "new-one")
