"""Secrets are found where they stand, stand-ins are not, and nothing found is repeated."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.artifact.text.secrets import SecretScanner, find_secrets

# Put together here, so that this file itself holds nothing that looks like a secret.
ALNUM = "Zq7Lw3Xk9Rt2Bv8Nm4Yp6Hs1Jd5Gf0CcAaEeUuTyPbQxWzMn"
FAKES = {
    "github-token": "gh" + "p_" + ALNUM[:36],
    "gitlab-token": "glp" + "at-" + ALNUM[:20],
    "huggingface-token": "h" + "f_" + ALNUM[:34],
    "anthropic-key": "sk-" + "ant-api03-" + ALNUM * 2,
    "openai-key": "sk-" + "proj-" + ALNUM,
    "slack-token": "xo" + "xb-" + "203948576102-" + ALNUM[:24],
    "google-key": "AI" + "za" + ALNUM[:35],
    "stripe-key": "sk_" + "live_" + ALNUM[:24],
    "npm-token": "np" + "m_" + ALNUM[:36],
    "pypi-token": "py" + "pi-AgE" + ALNUM * 2,
    "jwt": "ey" + "J" + ALNUM[:20] + ".ey" + "J" + ALNUM[:30] + "." + ALNUM[:43],
}
AWS_ID = "AK" + "IA" + "Q3EGRJ5KLX7MZT2W"
AWS_SECRET = "wJ9lrXUtnF3MI/K7MDENG+bPxRfiCYqZ" + "uK2vTgH8"
KEY_BODY = (ALNUM + ALNUM)[:64]
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"


def kinds(text):
    return [secret.kind for secret in find_secrets(text.encode()).found]


@pytest.mark.parametrize(("kind", "fake"), FAKES.items())
def test_a_known_token_is_found_with_its_line_and_never_repeated(kind, fake):
    scanner = find_secrets(f"first\nsecond {fake} \nthird".encode())
    assert [(secret.kind, secret.line) for secret in scanner.found] == [(kind, 2)]
    preview = scanner.found[0].preview
    assert preview == f"{fake[:4]}…{len(fake)}"
    assert scanner.to_json() == [{"kind": kind, "line": 2, "preview": preview}]
    assert fake not in str(scanner.hide({"a": [f"x {fake} y", 1, None], fake: True}))


def test_an_aws_key_needs_its_secret_nearby():
    assert kinds(f"id = {AWS_ID}\nsecret = {AWS_SECRET}\n") == ["aws-access-key"]
    assert kinds(f"id = {AWS_ID}\n") == []
    assert kinds(f"{AWS_ID}\n" + "0123456789abcdef" * 2 + "01234567\n") == []


@pytest.mark.parametrize("between", ["\n", "\\n", "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"])
def test_a_private_key_is_found_with_body_only(between):
    assert kinds(f"{PEM}{between}{KEY_BODY}\n") == ["private-key"]
    assert kinds(f"A PEM file begins with {PEM} and then base64.") == []


def test_a_private_key_is_hidden_whole():
    text = f"{PEM}\n{KEY_BODY}\n{KEY_BODY[::-1]}\n-----END RSA " + "PRIVATE KEY-----"
    hidden = find_secrets(text.encode()).hide(text)
    assert KEY_BODY not in hidden
    assert KEY_BODY[::-1] not in hidden


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "{}"',
        "API_KEY={}",
        "password: '{}'",
        '"client_secret": "{}",',
        "HF_TOKEN={} ",
        'cell: "token = \\"{}\\"\\n"',
        "secret => '{}'",
    ],
)
def test_a_named_value_is_found_when_it_looks_random(line):
    assert kinds(line.format(ALNUM[:24])) == ["password"]
    assert kinds(line.format("a-plain-word-or-two")) == []


@pytest.mark.parametrize(
    "line",
    [
        '"eos_token": "<|end_of_text|>"',
        '"bos_token": "Zq7Lw3Xk9Rt2Bv8Nm4"',
        "token_id: 128001",
        'tokenizer_class: "PreTrainedTokenizerFast2"',
        'api_key = os.environ["OPENAI_API_KEY_V2_PROD"]',
        'api_key = "OPENAI_API_KEY_2024"',
        'password = "your-password-123A"',
        'token = "' + "h" + "f_" + "x" * 34 + '"',
        'token = "${HF_TOKEN_FOR_CI_01}"',
        "secret = '<put it here 12AB>'",
        "AKIAIOSFODNN7" + "EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY",
        "sk-" + "a" * 48,
        "s" + "hf_" + ALNUM[:34],
    ],
)
def test_names_stand_ins_and_documented_examples_are_not_secrets(line):
    assert kinds(line) == []


def test_a_token_after_an_escape_in_json_is_found():
    assert kinds('{"source": "login()\\n' + FAKES["huggingface-token"] + '"}') == ["huggingface-token"]


def test_a_vendor_token_behind_a_name_is_told_once():
    assert kinds("api_key = '" + FAKES["openai-key"] + "'") == ["openai-key"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40_000), st.integers(1, 9_000))
def test_pieces_make_no_difference(before, piece):
    text = (b"x\n" * before)[:before] + b" " + FAKES["github-token"].encode() + b"\n" + b"y\n" * 9000
    scanner = SecretScanner()
    for start in range(0, len(text), piece):
        scanner.feed(text[start : start + piece])
    scanner.close()
    assert scanner.found == find_secrets(text).found
    assert [secret.line for secret in scanner.found] == [before // 2 + 1]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes(data):
    assert find_secrets(data).to_json() == find_secrets(data).to_json()


def test_at_most_a_hundred_are_told():
    tokens = "\n".join("gh" + f"p_{ALNUM[:32]}{i:04d}" for i in range(300))
    assert len(kinds(tokens)) == 100


@pytest.mark.parametrize(
    "unit", ["ey" + "J", "ey" + "Ja.", "sk-" + "proj-", "-----BEGIN " + "PRIVATE KEY-----\nAbc: ", "key = ", "token='"]
)
def test_time_grows_with_the_text(unit):
    started = time.process_time()
    find_secrets((unit * 200_000).encode()[:1_000_000])
    assert time.process_time() - started < 5
