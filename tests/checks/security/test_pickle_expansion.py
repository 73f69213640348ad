"""SEC107: objects that are referred to again and again, in towers."""

import pytest
from tests.make.revisions import judged, revision


def tower(begin: bytes, close: bytes, levels: int = 60, times: int = 10) -> bytes:
    steps = (begin + (b"h" + bytes([level])) * times + close + b"\x94" for level in range(levels))
    return b"\x80\x04]\x94" + b"".join(steps) + b"."


FAILING = revision({"m.pkl": tower(b"(", b"t")})
PASSING = revision({"m.pkl": tower(b"(", b"t", levels=4)})


@pytest.mark.parametrize(
    "data", [tower(b"(", b"t"), tower(b"](", b"e"), tower(b"(", b"\x91"), tower(b"", b"\x86", 90, 2)]
)
def test_towers_of_every_container(data):
    [finding] = judged("SEC107", revision({"m.pkl": data}))
    assert "values" in finding.message


def test_a_tower_that_contains_itself_ends():
    tower_ = b"\x80\x04]\x94" + b"](h\x00h\x00e\x94" * 3 + b"h\x00h\x00ah\x00."
    assert not judged("SEC107", revision({"m.pkl": tower_}))


def test_a_long_row_of_one_object_is_ordinary():
    row = b"\x80\x04](}\x94(K\x01N" + b"u" + b"h\x00" * 200_000 + b"t."
    assert not judged("SEC107", revision({"m.pkl": row}))


def test_what_is_deep_and_shares_nothing_is_ordinary():
    assert not judged("SEC107", revision({"m.pkl": b"\x80\x04" + b"]" * 200 + b"a" * 199 + b"."}))
