"""The form of tokens: what is no token is not looked up, and one wrong sign is noticed."""

from hypothesis import given
from hypothesis import strategies as st

from assay.hub.accounts.tokens import PREFIX, _checksum, looks_like_token

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@given(st.text(max_size=60))
def test_no_other_text_is_a_token(text):
    assert not looks_like_token(text)
    assert not looks_like_token(PREFIX + text)


@given(
    st.text(ALPHABET, min_size=34, max_size=34), st.integers(len(PREFIX), len(PREFIX) + 39), st.sampled_from(ALPHABET)
)
def test_one_wrong_sign_is_noticed(body, at, sign):
    good = f"{PREFIX}{body}{_checksum(body)}"
    assert looks_like_token(good)
    changed = good[:at] + sign + good[at + 1 :]
    assert looks_like_token(changed) == (changed == good)
    assert not looks_like_token(f"{good}\n")
