"""JSON as the contract wants it: numbers as written, nothing that is not JSON, faults named by their place."""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Iterator, Mapping

DEPTH_MAX = 64
"""How deep arrays and objects of a value may lie in each other."""

NUMBER_LENGTH_MAX = 64
"""The longest number, in characters."""


class Number(float):
    """A number with a fraction or an exponent, as it came from the host.

    It is a ``float`` in every calculation, and goes back to the host with the digits it came with: ``1.10`` stays
    ``1.10`` and does not look like a change. ``Decimal(number.written)`` has all of its digits. Whole numbers are
    plain ``int`` of any size. To send exact decimals of your own, send ``decimal.Decimal``.
    """

    __slots__ = ("written",)

    written: str
    """The digits as the host has them."""

    def __new__(cls, written: str) -> "Number":
        number = super().__new__(cls, written)
        number.written = written
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return (Number, (self.written,))


def _whole(text: str) -> int | Number:
    return Number(text) if text == "-0" else int(text)


def decode(body: bytes | str) -> Any:
    """Reads JSON. Whole numbers become ``int``, others `Number`."""
    return json.loads(body, parse_float=Number, parse_int=_whole, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def encode(value: Any, name: str = "value", depth: int = 0) -> str:
    """Writes JSON.

    ``name`` is what the caller calls ``value``: a fault is told as ``name['plan.scope'][2]``.

    Raises TypeError for what JSON has no word for and for names that are no text, ValueError for NaN, infinities,
    lone surrogates, numbers of more than 64 characters and values that are too deep or contain themselves.
    """
    return "".join(_write(value, name, depth))


def _write(value: Any, name: str, depth: int) -> Iterator[str]:
    if value is None:
        yield "null"
    elif value is True:
        yield "true"
    elif value is False:
        yield "false"
    elif isinstance(value, str):
        yield text(value, name)
    elif isinstance(value, (int, float, Decimal)):
        yield _number(value, name)
    elif isinstance(value, (Mapping, list, tuple)):
        if depth >= DEPTH_MAX:
            raise ValueError(f"{name} is deeper than {DEPTH_MAX} levels")
        yield from _write_members(value, name, depth + 1)
    else:
        raise TypeError(f"{name} is a {type(value).__name__}, which JSON has no word for: use text, numbers, lists, dicts, True, False and None")


def _write_members(value: Any, name: str, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for i, (member, inner) in enumerate(value.items()):
            if not isinstance(member, str):
                raise TypeError(f"{name} has the name {member!r}: names in JSON are text")
            yield f"{',' if i else ''}{text(member, name)}:"
            yield from _write(inner, f"{name}[{member!r}]", depth)
        yield "}"
    else:
        yield "["
        for i, inner in enumerate(value):
            if i:
                yield ","
            yield from _write(inner, f"{name}[{i}]", depth)
        yield "]"


def text(value: str, name: str) -> str:
    """One JSON string. Raises ValueError for a lone surrogate, which is no character."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{name} has a lone surrogate, which is no character") from None
    return _quoted(value)


def _number(value: int | float | Decimal, name: str) -> str:
    if isinstance(value, Number):
        written = value.written
    elif isinstance(value, int):
        # Python itself refuses to write whole numbers of thousands of digits.
        written = int.__repr__(value) if value.bit_length() <= 4 * NUMBER_LENGTH_MAX else "9" * (NUMBER_LENGTH_MAX + 1)
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{name} is {value}, which is not a JSON number")
        written = float.__repr__(value)
    else:
        if not value.is_finite():
            raise ValueError(f"{name} is {value}, which is not a JSON number")
        written = str(value)
    if len(written) > NUMBER_LENGTH_MAX:
        raise ValueError(f"{name} is a number of more than {NUMBER_LENGTH_MAX} characters")
    return written


def encode_body(body: Mapping[str, Any]) -> str:
    """A request's body; its members are called by their names in faults. The host says so when it is too deep."""
    return "{" + ",".join(f"{text(name, name)}:{encode(value, name, -16)}" for name, value in body.items()) + "}"
