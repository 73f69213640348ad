"""The log: a leaf whose form never changes, and proofs that agree with a naive tree."""

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.canonical import canonical_json
from assay.errors import StatementError, VerificationError
from assay.statements.log import (
    Kind,
    Leaf,
    Reason,
    commitment,
    inclusion_proof,
    leaf_hash,
    merkle_root,
    node_hash,
    size_class,
    verify_inclusion,
)

PAGE = Path(__file__).parents[2] / "docs/reference/log.md"
GOOD = Leaf(Kind.STATEMENT, "ab" * 32, 13, "2026-11-22T10:00:00Z")
LEAVES = [leaf_hash(str(number).encode()) for number in range(70)]


def naive_root(leaves):
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


@pytest.mark.parametrize("size", range(71))
def test_every_proof_of_every_tree_up_to_70_leaves(size):
    leaves = LEAVES[:size]
    root = merkle_root(leaves)
    assert root == naive_root(leaves)
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        verify_inclusion(leaves[index], index, size, proof, root)
        for wrong in (index - 1, index + 1, size, -1):
            with pytest.raises(VerificationError):
                verify_inclusion(leaves[index], wrong, size, proof, root)


@given(st.integers(1, 70), st.data())
@settings(max_examples=100, deadline=None)
def test_a_changed_proof_fails(size, data):
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(leaves, index))
    root = merkle_root(leaves)
    wrong = [([*proof, b"\0" * 32], root, leaves[index]), (proof, b"\0" * 32, leaves[index]), (proof, root, b"\0" * 32)]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [
            (proof[:at] + proof[at + 1 :], root, leaves[index]),
            ([*proof[:at], proof[at][:-1], *proof[at + 1 :]], root, leaves[index]),
            ([*proof[:at], bytes(32), *proof[at + 1 :]], root, leaves[index]),
        ]
    for other_proof, other_root, leaf in wrong:
        with pytest.raises(VerificationError):
            verify_inclusion(leaf, index, size, other_proof, other_root)


def test_a_proof_for_no_leaf():
    with pytest.raises(StatementError, match="no leaf 3"):
        inclusion_proof(LEAVES[:3], 3)


def test_a_leaf_is_one_short_canonical_line():
    assert GOOD.to_bytes() == canonical_json(
        {"v": 1, "kind": "statement", "commitment": "ab" * 32, "size_class": 13, "time": GOOD.time, "reason": "none"}
    )
    assert len(GOOD.to_bytes()) < 2048
    assert Leaf.parse(GOOD.to_bytes()) == GOOD


@pytest.mark.parametrize("kind", Kind)
def test_withdrawals_need_a_reason_and_others_have_none(kind):
    withdrawn = kind in (Kind.REVOCATION, Kind.KEY_REVOKE, Kind.TAKEDOWN)
    for reason in Reason:
        if withdrawn == (reason is not Reason.NONE):
            leaf = Leaf(kind, "ab" * 32, 0, "2026-11-22T10:00:00Z", reason)
            assert Leaf.parse(leaf.to_bytes()) == leaf
        else:
            with pytest.raises(StatementError, match="reason"):
                Leaf(kind, "ab" * 32, 0, "2026-11-22T10:00:00Z", reason)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (GOOD.to_bytes() + b"\n", "not canonical"),
        (GOOD.to_bytes().replace(b'"v":1', b'"v":2'), "leaf.v"),
        (GOOD.to_bytes().replace(b'"v":1', b'"v":true'), "leaf.v"),
        (GOOD.to_bytes().replace(b"statement", b"rumour"), "leaf.kind"),
        (GOOD.to_bytes().replace(b"abab", b"ABAB"), "leaf.commitment"),
        (GOOD.to_bytes().replace(b":13", b":64"), "leaf.size_class"),
        (GOOD.to_bytes().replace(b":13", b":-1"), "leaf.size_class"),
        (GOOD.to_bytes().replace(b"11-22", b"02-30"), "leaf.time"),
        (GOOD.to_bytes().replace(b"T10", b" 10"), "leaf.time"),
        (GOOD.to_bytes().replace(b"00Z", b"60Z"), "leaf.time"),
        (GOOD.to_bytes().replace(b"00Z", "0٠Z".encode()), "leaf.time"),
        (GOOD.to_bytes().replace(b'"v":1', b'"v":1,"who":"me"'), "unknown key"),
        (b'{"a":"' + b"x" * 2048 + b'"}', "at most 2,047"),
        (b"", "not strict JSON"),
    ],
)
def test_leaves_that_are_refused(data, says):
    with pytest.raises(StatementError, match=says):
        Leaf.parse(data)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_cleanly(data):
    with pytest.raises(StatementError):
        Leaf.parse(data)


def test_the_commitment_hides_and_binds():
    digest = "cd" * 32
    assert commitment(bytes(32), digest) == hashlib.sha256(bytes(32) + bytes.fromhex(digest)).hexdigest()
    for salt, other in ((b"short", digest), (bytes(32), "x")):
        with pytest.raises(StatementError):
            commitment(salt, other)


@pytest.mark.parametrize(("size", "wanted"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (4096, 12), (4097, 13)])
def test_size_classes(size, wanted):
    assert size_class(size) == wanted


def test_the_vectors_of_the_page_hold():
    page = PAGE.read_text("utf-8")
    vector = dict(re.findall(r"^\| (salt|envelope digest|commitment) \| `([0-9a-f]{64})` \|$", page, re.MULTILINE))
    assert commitment(bytes.fromhex(vector["salt"]), vector["envelope digest"]) == vector["commitment"]
    lines = [line.strip().encode() for line in page.splitlines() if line.startswith('    {"commitment"')]
    hashes = re.search(r"leaf hashes `([0-9a-f]{64})` and `([0-9a-f]{64})`", page)
    assert [leaf_hash(Leaf.parse(line).to_bytes()).hex() for line in lines] == list(hashes.groups())
    roots = re.findall(r"^\| (\d) \| `([0-9a-f]{64})` \|$", page, re.MULTILINE)
    assert len(roots) == 8
    for size, root in roots:
        assert merkle_root(LEAVES[: int(size)]).hex() == root
    proof = [bytes.fromhex(text) for text in re.findall(r"^    ([0-9a-f]{64})$", page, re.MULTILINE)]
    assert tuple(proof) == inclusion_proof(LEAVES[:7], 4)
    assert node_hash(proof[1], proof[0]) != node_hash(proof[0], proof[1])
