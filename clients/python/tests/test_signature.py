import hashlib
import hmac
import unittest

from rosud_call import BadSignature, verify_signature

SECRET, BODY, AT = "s3cret-ä", b'{"id":"a"}', 1_790_000_000


def signed(secret: str = SECRET, at: object = AT, body: bytes = BODY) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"rosud-signature": f"t={at},v1={digest}"}


class Signatures(unittest.TestCase):
    def test_what_the_host_signed_is_taken(self) -> None:
        verify_signature(SECRET, signed(), BODY, now=AT + 299)
        verify_signature(SECRET, {name.upper(): value for name, value in signed().items()}, bytearray(BODY), tolerance=10, now=AT - 10)

    def test_everything_else_is_refused(self) -> None:
        bad = {
            "another body": (signed(), BODY + b" ", AT), "another secret": (signed("other"), BODY, AT), "too old": (signed(), BODY, AT + 301),
            "from the future": (signed(), BODY, AT - 301), "another time": ({"rosud-signature": signed()["rosud-signature"].replace(f"t={AT}", f"t={AT + 1}")}, BODY, AT),
            "nothing": ({}, BODY, AT), "half": ({"rosud-signature": f"t={AT}"}, BODY, AT), "not a number": (signed(at="x"), BODY, AT),
        }
        for why, (headers, body, now) in bad.items():
            with self.subTest(why), self.assertRaises(BadSignature):
                verify_signature(SECRET, headers, body, now=now)

    def test_text_and_an_empty_secret_are_mistakes_of_the_caller(self) -> None:
        with self.assertRaisesRegex(TypeError, "bytes as they came"):
            verify_signature(SECRET, signed(), BODY.decode(), now=AT)   # type: ignore[arg-type]
        with self.assertRaisesRegex(ValueError, "secret"):
            verify_signature("", signed(""), BODY, now=AT)
