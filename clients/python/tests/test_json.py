import copy
import math
import pickle
import random
import unittest
from decimal import Decimal

from rosud_call import Number
from rosud_call._json import decode, encode, encode_body


class Numbers(unittest.TestCase):
    def test_whole_numbers_of_any_size_survive(self) -> None:
        for number in (0, -1, 2**53 + 1, 2**63, -(10**60)):
            self.assertEqual(decode(encode(number)), number)
            self.assertIs(type(decode(encode(number))), int)

    def test_decimals_come_back_as_they_were_written(self) -> None:
        for written in ("1.10", "1.0", "0.1234567890123456789012345", "1E+2", "1e-7", "-0", "-0.0", "1e400"):
            self.assertEqual(encode(decode(written)), written)

    def test_any_number_as_written_survives(self) -> None:
        draw = random.Random(7)
        for _ in range(2_000):
            whole = str(draw.randrange(10 ** draw.randrange(1, 20)))
            written = draw.choice(("", "-")) + whole + draw.choice(("", f".{draw.randrange(10**9):0{draw.randrange(1, 12)}d}")) + draw.choice(("", f"e{draw.randrange(-30, 30)}"))
            self.assertEqual(encode(decode(written)), written, written)

    def test_a_number_is_a_float_with_its_digits(self) -> None:
        number = decode("1.10")
        self.assertIsInstance(number, float)
        self.assertEqual(number * 2, 2.2)
        self.assertEqual(Decimal(number.written), Decimal("1.10"))
        self.assertEqual(pickle.loads(pickle.dumps(number)).written, "1.10")
        self.assertEqual(copy.deepcopy(number).written, "1.10")
        self.assertIs(type(number + 1), float)

    def test_decimals_of_the_caller_keep_their_digits(self) -> None:
        self.assertEqual(encode(Decimal("1.10")), "1.10")
        self.assertEqual(encode([Number("2.50"), 0.1]), "[2.50,0.1]")

    def test_what_is_no_number_is_refused_with_its_place(self) -> None:
        for bad in (math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity"), 10**64, 10**5000):
            with self.assertRaisesRegex(ValueError, r"set\['plan\.scope'\]\[1\]"):
                encode_body({"set": {"plan.scope": [1, bad]}})


class Values(unittest.TestCase):
    def test_values_come_back_equal(self) -> None:
        value = {"a": [1, 2.5, True, False, None, "ä\n\u2028😀"], "b": {"": {}}, "c": []}
        self.assertEqual(decode(encode(value)), value)
        self.assertEqual(encode((1, "x")), '[1,"x"]')

    def test_what_json_has_no_word_for_is_refused_by_type_and_place(self) -> None:
        for bad in (object(), {1, 2}, b"bytes", 1j):
            with self.assertRaisesRegex(TypeError, r"set\['k'\] is a"):
                encode_body({"set": {"k": bad}})

    def test_names_must_be_text(self) -> None:
        with self.assertRaisesRegex(TypeError, "has the name 1"):
            encode_body({"set": {"k": {1: "x"}}})

    def test_lone_surrogates_are_refused(self) -> None:
        for bad in ("\ud800", {"\udfff": 1}):
            with self.assertRaisesRegex(ValueError, "surrogate"):
                encode(bad)

    def test_a_value_that_contains_itself_is_refused(self) -> None:
        loop: list[object] = []
        loop.append(loop)
        with self.assertRaisesRegex(ValueError, "deeper"):
            encode_body({"set": {"k": loop}})

    def test_answers_with_nan_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            decode('{"a": NaN}')
