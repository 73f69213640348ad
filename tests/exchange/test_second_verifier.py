"""Two verifiers that share no line give the same answer on every vector, good and bad."""

import base64
import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from tests import second_verifier as second
from tests.exchange.samples import flips, forge, forgeries, honest, pack
from tests.statements.samples import ALICE, FILES, MALLORY, assessed, claimed, edited, finding, lay, signed

from assay.canonical import canonical_json
from assay.errors import AssayError, StatementError
from assay.exchange import read_bundle
from assay.statements.envelope import Envelope, pae
from assay.statements.evidence import Evidence, read_evidence, write_envelope
from assay.statements.folder import verify_folder
from assay.statements.log import Kind, Leaf, Reason, commitment, inclusion_proof, leaf_hash, merkle_root
from assay.statements.log import verify_inclusion as first_included
from assay.statements.predicates import claim, conversion, validate
from assay.statements.statement import Statement, Subject, revision_subjects

PROGRAM = Path(second.__file__)
D = "0" * 64


def good(check, *args):
    """Whether `check` takes `args`; any error but a refusal is a fault of the test."""
    try:
        check(*args)
    except (AssayError, second.RefusedError):
        return False
    return True


def test_it_stands_alone():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import second_verifier; "
        "print(any(name.split('.')[0] == 'assay' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, PROGRAM.parent], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# Envelopes: what they say, and whether they are to be taken with Alice's key.

ENVELOPE = signed()
RAW = ENVELOPE.raw
SIGNED = json.loads(RAW)["signatures"][0]


def signature(key=ALICE, payload=ENVELOPE.payload, **changes):
    return {"keyid": key.public.keyid, "sig": base64.b64encode(key.sign(pae(payload))).decode()} | changes


def wrapped(payload):
    """An envelope whose payload was signed without being looked at."""
    named = [signature(payload=payload)]
    text = base64.b64encode(payload).decode()
    return canonical_json({"payload": text, "payloadType": "application/vnd.in-toto+json", "signatures": named})


def statement(**changes):
    return canonical_json(json.loads(claimed().to_bytes()) | changes)


def proof(**changes):
    made = conversion.conversion("assay 1", "x", inputs=[], outputs=[conversion.Converted("a", D)])
    return Statement(conversion.TYPE, revision_subjects(D, None), made | changes).to_bytes()


RESULT = {
    "benchmark": {
        "id": "t",
        "version": "1",
        "manifest_digest": D,
        "dataset_digest": D,
        "scorer_digest": D,
        "n_total": 2,
    },
    "harness": {"name": "assay", "version": "1"},
    "model": {"dirhash": D, "weights_digest": D, "format": "safetensors"},
    "sampling": {"mode": "loglik"},
    "environment": {"os": "linux", "arch": "x86_64", "python": "3.11", "numpy": "2.0"},
    "samples": {"n_scheduled": 2, "n_scored": 2, "n_errored": 0, "merkle_root": D},
    "metrics": [
        {"name": "a", "value": "0.5", "n": 2, "ci": {"low": 0, "high": 1, "level": "0.95", "method": "wilson"}}
    ],
    "evaluator": {"relationship": "third"},
}


def result(**changes):
    return Statement("urn:assay:result:v1", revision_subjects(D, None), RESULT | changes).to_bytes()


TENSOR = {"name": "w", "dtype": "F32", "shape": [1], "digest_before": D, "digest_after": D}

TAKEN = {
    "an assessment": RAW,
    "a claim": signed(claimed()).raw,
    "a conversion": wrapped(proof(tensors=[TENSOR])),
    "a result": wrapped(result()),
    "another layout": json.dumps(json.loads(RAW), indent=2).encode(),
    "a payload in another layout": wrapped(json.dumps(json.loads(ENVELOPE.payload), indent=2).encode()),
    "an unknown predicate": wrapped(statement(predicateType="urn:else", predicate={"x": [1, None]})),
    "a stranger's signature beside": edited(ENVELOPE, signatures=[signature(MALLORY), SIGNED]),
    "a commit only": wrapped(Statement(claim.TYPE, revision_subjects(None, "a" * 40), claim.claim("a", "")).to_bytes()),
    "another digest": wrapped(statement(subject=[{"name": "x", "digest": {"sha512": "a" * 128}}])),
}
REFUSED = {
    "another key": signed(key=MALLORY).raw,
    "another key under her name": edited(ENVELOPE, signatures=[signature(MALLORY, keyid=ALICE.public.keyid)]),
    "an edited payload": edited(ENVELOPE, payload=base64.b64encode(claimed().to_bytes()).decode()),
    "an edited payload type": edited(ENVELOPE, payloadType="application/json"),
    "the same signature twice": edited(ENVELOPE, signatures=[SIGNED, SIGNED]),
    "no signature": edited(ENVELOPE, signatures=[]),
    "33 signatures": edited(ENVELOPE, signatures=[SIGNED, *(signature(keyid=f"{n:064x}") for n in range(32))]),
    "an empty keyid": edited(ENVELOPE, signatures=[signature(keyid="")]),
    "one key more": edited(ENVELOPE, more=1),
    "a key twice": RAW.replace(b'"payload":', b'"payload":"e30=","payload":', 1),
    "cut off": RAW[:-1],
    "continued": RAW + b"x",
    "a float": RAW.replace(b'"signatures"', b'"x":1.0,"signatures"'),
    "base64 with a newline": edited(ENVELOPE, payload=json.loads(RAW)["payload"] + "\n"),
    "url-safe base64": edited(ENVELOPE, signatures=[SIGNED | {"sig": "-_" + SIGNED["sig"][2:]}]),
    "a byte order mark": b"\xef\xbb\xbf" + RAW,
    "a payload that is no statement": wrapped(b"{}"),
    "a statement of another version": wrapped(statement(_type="https://in-toto.io/Statement/v0.1")),
    "a statement with a key more": wrapped(statement(more=1)),
    "a statement with a float": wrapped(statement(predicate={"a": 1}).replace(b":1", b":1.0")),
    "a statement with a large number": wrapped(statement(predicate={"a": 1}).replace(b":1", b":9007199254740993")),
    "a statement with half a pair": wrapped(statement(predicate={"a": 1}).replace(b":1", b':"\\udfff"')),
    "a statement too deep": wrapped(statement(predicate={"a": 1}).replace(b":1", b":" + b"[" * 64 + b"]" * 64)),
    "no subject": wrapped(statement(subject=[])),
    "a subject without digest": wrapped(statement(subject=[{"name": "x", "digest": {}}])),
    "a digest in capitals": wrapped(statement(subject=[{"name": "x", "digest": {"sha256": "A" * 64}}])),
    "a digest too short": wrapped(statement(subject=[{"name": "x", "digest": {"dirHash": "a" * 40}}])),
    "an assessment of other files": signed(
        Statement("urn:assay:assessment:v1", revision_subjects(D, None), assessed().predicate)
    ).raw,
    "an assessment with a strange axis": signed(assessed(findings=[finding(axis="fast")])).raw,
    "an assessment without rules": signed(assessed(rules=None)).raw,
    "a conversion that executed": wrapped(proof(executed=True)),
    "a conversion with a tensor twice": wrapped(proof(tensors=[TENSOR, TENSOR])),
    "a conversion with a strange dtype": wrapped(proof(tensors=[TENSOR | {"dtype": "float32"}])),
    "a conversion out of the folder": wrapped(proof(inputs=[{"path": "../a", "sha256": D}])),
    "a result that does not add up": wrapped(result(samples=RESULT["samples"] | {"n_errored": 1})),
    "a result without metrics": wrapped(result(metrics=[])),
    "a result with a comma": wrapped(result(metrics=[RESULT["metrics"][0] | {"value": "0,5"}])),
    "a result of more samples than were scored": wrapped(result(metrics=[RESULT["metrics"][0] | {"n": 3}])),
    "a result without samples": wrapped(result(benchmark=RESULT["benchmark"] | {"n_total": 0})),
    "a claim in capitals": wrapped(statement(predicate={"claim": "Publishes", "text": ""})),
}


def first_envelope(data):
    envelope = Envelope.parse(data)
    envelope.verify((ALICE.public,))
    validate(envelope.statement())


def second_envelope(data):
    second.check_envelope(data, {ALICE.public.keyid: ALICE.public.pem})


@pytest.mark.parametrize("name", TAKEN | REFUSED)
def test_envelopes(name):
    data = (TAKEN | REFUSED)[name]
    assert good(first_envelope, data) == good(second_envelope, data) == (name in TAKEN)


def test_flipped_bits_of_an_envelope():
    for bit in range(0, len(RAW) * 8, 61):
        data = bytearray(RAW)
        data[bit // 8] ^= 1 << bit % 8
        assert not good(first_envelope, bytes(data)), bit
        assert not good(second_envelope, bytes(data)), bit


# Folders, tensors and leaves.


def test_folders(tmp_path):
    lay(tmp_path)
    for envelope, key in ((ENVELOPE, ALICE), (signed(claimed(), MALLORY), MALLORY)):
        write_envelope(tmp_path / ".assay", envelope, key.public)
    lay(tmp_path, {".git/config": b"x", ".cache/huggingface/x": b"x", "sub/.git/kept": b"", "z/.assay": b""})

    def compare():
        ours = verify_folder(tmp_path, read_evidence(tmp_path / ".assay"))
        theirs = second.check_folder(tmp_path)
        assert theirs["dirhash"] == ours.dirhash
        assert theirs["statements"] == [one.digest for one in ours.statements]
        assert theirs["about"] == [one.digest for one in ours.about]
        return len(theirs["about"])

    assert compare() == 0
    for name in ("sub/.git/kept", "z/.assay"):
        (tmp_path / name).unlink()
    assert compare() == 2
    (tmp_path / "config.json").write_bytes(b"")
    assert compare() == 0


@pytest.mark.parametrize("damage", ["a file more", "a link", "other content", "a link in the artifact", "a backslash"])
def test_folders_that_are_refused(tmp_path, damage):
    lay(tmp_path)
    stored = write_envelope(tmp_path / ".assay", ENVELOPE, ALICE.public)
    if damage == "a file more":
        (tmp_path / ".assay/more").write_bytes(b"")
    elif damage == "a link":
        stored.rename(tmp_path.with_name("elsewhere"))
        stored.symlink_to(tmp_path.with_name("elsewhere"))
    elif damage == "other content":
        stored.write_bytes(RAW + b" ")
    elif damage == "a link in the artifact":
        (tmp_path / "link").symlink_to("config.json")
    else:
        (tmp_path / "a\\b").write_bytes(b"")
    assert not good(lambda: verify_folder(tmp_path, read_evidence(tmp_path / ".assay")))
    assert not good(second.check_folder, tmp_path)


def test_tensors_of_a_conversion(tmp_path):
    tensors = {"w": ("F32", [2, 2], struct.pack("<4f", 1, 2, 3, 4)), "n": ("I64", [], struct.pack("<q", -1))}
    table, body, proofs = {}, b"", []
    for name, (dtype, shape, data) in tensors.items():
        digest = second.sha256(conversion.tensor_digest_prefix(dtype, shape) + data)
        assert second.tensor_digest(dtype, shape, data) == digest
        table[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
        proofs.append(conversion.TensorProof(name, dtype, tuple(shape), digest, digest))
    head = json.dumps(table).encode()
    weights = len(head).to_bytes(8, "little") + head + body
    lay(tmp_path, {"m.safetensors": weights})
    outputs = [conversion.Converted("m.safetensors", second.sha256(weights))]
    made = conversion.conversion("assay 1", "x", inputs=[], outputs=outputs, tensors=proofs)
    second.check_conversion(tmp_path, made)
    made["tensors"][0]["digest_after"] = D
    assert not good(second.check_conversion, tmp_path, made)
    for dtype, shape in (("f32", []), ("F32", [-1]), ("F32", [True]), ("F32", [1] * 65)):
        assert not good(conversion.tensor_digest_prefix, dtype, shape)
        assert not good(second.tensor_digest, dtype, shape, b"")


LEAF = Leaf(Kind.TAKEDOWN, "ab" * 32, 13, "2026-11-22T10:00:00Z", Reason.LEGAL).to_bytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"", b""), (b"takedown", b"revocation"), (b"takedown", b"statement"), (b"legal", b"none"), (b"legal", b"rain"),
        (b'"v":1', b'"v":2'), (b'"v":1', b'"v":true'), (b":13", b":64"), (b":13", b":63"), (b"11-22", b"11-31"),
        (b"00Z", b"00+00:00"), (b"T10", b"T24"), (b"2026", b"0000"), (b"ab", b"AB"), (b'"v":1', b'"v":1,"x":1'),
        (b'"v"', b' "v"'), (b"}", b"}\n"),
    ],
)  # fmt: skip
def test_leaves(old, new):
    data = LEAF.replace(old, new) if old else LEAF
    taken = (old, new) in {(b"", b""), (b"takedown", b"revocation"), (b":13", b":63")}
    assert good(Leaf.parse, data) == good(second.check_leaf, data) == taken


def test_flipped_bits_of_a_leaf():
    # A flip that gives another valid leaf is another leaf: the tree, not the leaf, tells them apart.
    for bit in range(len(LEAF) * 8):
        data = bytearray(LEAF)
        data[bit // 8] ^= 1 << bit % 8
        assert good(Leaf.parse, bytes(data)) == good(second.check_leaf, bytes(data)), bit
        assert second.hash_leaf(bytes(data)) != leaf_hash(LEAF)


def test_commitments():
    leaf = Leaf(Kind.STATEMENT, commitment(bytes(range(32)), D), 1, "2026-11-22T10:00:00Z")
    assert second.opens(second.check_leaf(leaf.to_bytes()), bytes(range(32)), D)
    assert not second.opens(second.check_leaf(leaf.to_bytes()), bytes(32), D)


def test_roots_and_proofs():
    leaves = [leaf_hash(bytes([number])) for number in range(40)]
    for size in range(41):
        root = merkle_root(leaves[:size])
        assert second.root_of(leaves[:size]) == root
        for index in range(size):
            way = inclusion_proof(leaves[:size], index)
            second.included(leaves[index], index, size, way, root)
            for other in ((index + 1) % size, size):
                case = (leaves[index], other, size, way, root)
                assert good(first_included, *case) == good(second.included, *case) == (other == index)


# Bundles.


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return pack(tmp_path_factory.mktemp("bundle"))


def test_a_good_bundle(bundle):
    ours, theirs = read_bundle(bundle), second.check_bundle(bundle)
    assert theirs["dirhash"] == ours.dirhash
    assert theirs["packer"] == ours.packer.keyid
    assert theirs["statements"] == [one.digest for one in ours.evidence.envelopes]


def test_a_bundle_by_a_stranger(tmp_path):
    (tmp_path / "x").write_bytes(forge(honest()))
    assert second.check_bundle(tmp_path / "x")["packer"] == read_bundle(tmp_path / "x").packer.keyid


def test_flipped_bits_of_a_bundle(bundle, tmp_path):
    for what, data in flips(bundle, 40):
        (tmp_path / "x").write_bytes(data)
        assert not good(second.check_bundle, tmp_path / "x"), what


@pytest.mark.parametrize(("what", "data"), [pytest.param(*one, id=one[0]) for one in forgeries()])
def test_forged_bundles(what, data, tmp_path):
    (tmp_path / "x").write_bytes(data)
    assert not good(read_bundle, tmp_path / "x")
    assert not good(second.check_bundle, tmp_path / "x")


def test_bundles_cut_off_or_continued(bundle, tmp_path):
    data = bundle.read_bytes()
    for mutant in (*(data[:size] for size in range(0, len(data), 509)), data + b"\0", data + bytes(512), data * 2):
        (tmp_path / "x").write_bytes(mutant)
        assert not good(read_bundle, tmp_path / "x")
        assert not good(second.check_bundle, tmp_path / "x")


def test_the_program_itself(bundle, tmp_path):
    lay(tmp_path / "folder", FILES)
    stored = write_envelope(tmp_path / "folder/.assay", ENVELOPE, ALICE.public)
    (tmp_path / "leaf").write_bytes(LEAF)
    (tmp_path / "bad").write_bytes(bundle.read_bytes()[:-1])
    key = tmp_path / f"folder/.assay/keys/{ALICE.public.keyid}.pem"
    for words, wanted in (
        (["bundle", bundle], 0),
        (["folder", tmp_path / "folder"], 0),
        (["envelope", stored, key], 0),
        (["leaf", tmp_path / "leaf"], 0),
        (["bundle", tmp_path / "bad"], 1),
        (["bundle", tmp_path / "nothing"], 1),
        ([], 2),
    ):
        done = subprocess.run([sys.executable, PROGRAM, *words], capture_output=True, check=False)
        assert done.returncode == wanted, done.stderr
        assert b"Traceback" not in done.stderr


def test_evidence_that_is_refused():
    files = Evidence((ENVELOPE,), (ALICE.public,)).files()
    second.check_evidence(files)
    for changed in (
        {name: data for name, data in files.items() if "keys" not in name},
        files | {"note": b""},
        files | {f"keys/{second.sha256(b'x')}.pem": b"x"},
    ):
        assert not good(lambda files: Evidence.from_files(files).verified(), changed)
        assert not good(second.check_evidence, changed)


def test_an_unsigned_statement_about_nothing():
    with pytest.raises(StatementError):
        Statement.parse(Statement("urn:x", (Subject("a", {}),), {}).to_bytes())
    assert not good(second.check_statement, Statement("urn:x", (Subject("a", {}),), {}).to_bytes())
