import random
import unittest

from rosud_call._sse import Parser, ServerEvent

STREAM = (
    b":\n\nid: 1\nevent: commit\ndata: {\"a\":1}\n\n:\n\nid: 1.2\nevent: run\ndata: {\"b\":\ndata: \"\xc3\xa4\"}\n\n"
    b"id: 7\n\nevent: run\ndata: {}\n\r\nid:8\r\nevent:gap\r\ndata:[1]\r\n\r\nid: 9\nevent: commit\ndata: {\"cut"
)
EVENTS = [
    ServerEvent("1", "commit", {"a": 1}), ServerEvent("1.2", "run", {"b": "ä"}), ServerEvent("7", "", None),
    ServerEvent(None, "run", {}), ServerEvent("8", "gap", [1]),
]


class Parsing(unittest.TestCase):
    def test_events_are_the_same_wherever_the_stream_is_cut(self) -> None:
        draw = random.Random(3)
        for _ in range(300):
            parser, found, rest = Parser(), list[ServerEvent](), STREAM
            while rest:
                size = draw.randrange(1, 40)
                found += parser.feed(rest[:size])
                rest = rest[size:]
            self.assertEqual(found, EVENTS)
