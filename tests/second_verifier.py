"""A second verifier, written from docs/reference/ alone: it shares no line with Assay and must give the same answers.

    python second_verifier.py bundle FILE            # every bit of a bundle
    python second_verifier.py folder FOLDER          # the statements in FOLDER/.assay, and whether they are about it
    python second_verifier.py envelope FILE KEY...   # one envelope with public keys
    python second_verifier.py leaf FILE              # one leaf of the log

Prints JSON and exits 0, or says why not and exits 1. Needs Python 3.11 and `cryptography`.
"""

import base64
import hashlib
import json
import os
import re
import sys
import unicodedata
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
MIB = 1024 * 1024


class RefusedError(Exception):
    """What was given is not what it should be."""


def need(condition, why):
    if not condition:
        raise RefusedError(why)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --- JSON, strict and canonical ---


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def strict(data, limit):
    need(len(data) <= limit, "too long")

    def once(pairs):
        need(len(dict(pairs)) == len(pairs), "a key twice")
        return dict(pairs)

    def never(text):
        raise RefusedError(f"the number {text}")

    try:
        value = json.loads(data.decode(), object_pairs_hook=once, parse_float=never, parse_constant=never)
        canonical(value)
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"not strict JSON: {error}") from None
    level, depth = [value], 0
    while level:
        depth += 1
        need(depth <= 64, "nests too deeply")
        need(all(abs(item) < 2**53 for item in level if isinstance(item, int)), "a number too large")
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return value


def strict_canonical(data, limit):
    value = strict(data, limit)
    need(canonical(value) == data, "not canonical")
    return value


# --- shapes: a type, a pattern, a set of words, a function, [items] or {keys}; keys ending in ? are optional ---


def shaped(value, shape, where="value"):
    if isinstance(shape, dict):
        need(isinstance(value, dict), f"{where}: no object")
        needed = {key for key in shape if not key.endswith("?")}
        need(needed <= value.keys() <= {key.rstrip("?") for key in shape}, f"{where}: wrong keys")
        for key, inner in shape.items():
            if key.rstrip("?") in value:
                shaped(value[key.rstrip("?")], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        need(isinstance(value, list), f"{where}: no list")
        for item in value:
            shaped(item, shape[0], f"{where}[]")
    elif isinstance(shape, re.Pattern):
        need(isinstance(value, str) and shape.fullmatch(value), f"{where}: {value!r}")
    elif isinstance(shape, set):
        need(isinstance(value, str | None) and value in shape, f"{where}: {value!r}")
    elif isinstance(shape, type):
        need(isinstance(value, shape) and not (shape is int and isinstance(value, bool)), f"{where}: {value!r}")
    else:
        need(shape(value), f"{where}: {value!r}")


def text(value):
    return isinstance(value, str) and bool(value)


def text_or_null(value):
    return value is None or isinstance(value, str)


def count(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def positive(value):
    return count(value) and value > 0


def amount(value):
    return number(value) and Decimal(value) >= 0


def fits(value, shape):
    shaped(value, shape, "value")
    return True


def number(value):
    if isinstance(value, str):
        return re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?", value) is not None
    return isinstance(value, int) and not isinstance(value, bool)


def path_rules(value):
    if not text(value) or len(value) > 4096 or "\\" in value or unicodedata.normalize("NFC", value) != value:
        return False
    control = any(ord(char) < 0x20 or ord(char) == 0x7F for char in value)
    return not control and not {"", ".", ".."} & set(value.split("/"))


def side_by_side(paths):
    """No two equal when case is ignored, none a folder of another."""
    folded = {unicodedata.normalize("NFC", path).casefold() for path in paths}
    folders = {"/".join(path.split("/")[:end]) for path in folded for end in range(1, path.count("/") + 1)}
    return len(folded) == len(paths) and not folded & folders


def distinct(items, key):
    return len({item[key] for item in items}) == len(items)


HEX64 = re.compile("[0-9a-f]{64}")
HEX40 = re.compile("[0-9a-f]{40}")
DTYPE = re.compile("[A-Z][A-Z0-9_]{1,15}")
FILE_DIGEST = {"path": path_rules, "sha256": HEX64}
ASSESSMENT = {
    "tool": {"name": text, "version": text},
    "readers": [text],
    "checks": [text],
    "rules": HEX64,
    "files": [{
        "path": path_rules, "size": count, "sha256": lambda value: value is None or HEX64.fullmatch(value),
        "digest": {"computed", "claimed by upstream", "not known"}, "format": text, "git_oid?": HEX40,
    }],
    "findings": [{
        "rule": text, "axis": {"secure", "open", "portable", "evaluated", "provenance"},
        "outcome": {"pass", "fail", "unknown"}, "severity": {"critical", "high", "medium", "low", "info"},
        "confidence": {"high", "medium", "low"}, "message": text, "file": text_or_null, "location": text_or_null,
        "fix": text_or_null, "detail": dict,
    }],
    "facts": dict,
    "not_judged": [{"file": path_rules, "reason": text}],
    "not_examined": [path_rules],
}  # fmt: skip
CONVERSION = {
    "tool": text,
    "fix": text,
    "inputs": [FILE_DIGEST],
    "outputs": [FILE_DIGEST],
    "tensors": [{"name": str, "dtype": DTYPE, "shape": [count], "digest_before": HEX64, "digest_after": HEX64}],
    "dropped": [{"what": text, "where": str}],
    "executed": lambda value: value is False,
}
MODEL = {"tokenizer_digest?": HEX64, "chat_template_digest?": HEX64, "quantisation?": text, "dtype?": text,
         "adapter_of?": HEX64, "format": text}  # fmt: skip
RESULT = {
    "benchmark": {"id": text, "version": text, "manifest_digest": HEX64, "dataset_digest": HEX64,
                  "scorer_digest": HEX64, "n_total": positive, "split_digest?": HEX64, "template_digest?": HEX64,
                  "fewshot_digest?": HEX64, "labels_digest?": HEX64, "split?": text,
                  "visibility?": {"public", "held-out", "private"}},
    "harness": {"name": text, "version": text, "adapter_version?": text, "task_digest?": HEX64,
                "lockfile_digest?": HEX64},
    "model": lambda value: fits(value, {**MODEL, "endpoint": text, "name": text} if "endpoint" in value else
                                {**MODEL, "dirhash": HEX64, "weights_digest": HEX64, "name?": text}),
    "sampling": {"mode": {"greedy", "sampled", "loglik", "predictions"}, "temperature?": number, "top_p?": number,
                 "max_tokens?": count, "seed?": count, "epochs?": count, "stop?": [text],
                 "system_prompt_digest?": HEX64},
    "environment": {"os": text, "arch": text, "python": text, "numpy": text, "cpu?": text, "cpu_count?": count,
                    "gpu?": text, "gpu_count?": count, "driver?": text, "torch?": text, "transformers?": text,
                    "tokenizers?": text, "onnxruntime?": text, "threads?": positive, "batch_size?": positive,
                    "deterministic?": bool, "container_digest?": HEX64},
    "samples": {"n_scheduled": count, "n_scored": count, "n_errored": count, "merkle_root": HEX64,
                "n_refused?": count, "n_truncated?": count, "log_digest?": HEX64, "log_media_type?": text,
                "redaction?": {"none", "hashed-outputs"}, "ids_digest?": HEX64},
    "metrics": [{"name": text, "value": number, "n": count, "stderr?": amount, "cluster_key?": text,
                 "direction?": {"higher", "lower"}, "unit?": text, "epochs?": count,
                 "ci": lambda value: value is None or
                       fits(value, {"low": number, "high": number, "level": number, "method": text})}],
    "evaluator": {"relationship": {"first", "third", "collaborative"}, "attempts_index?": positive,
                  "preregistration_id?": text, "identity?": text},
    "cost?": {"wall_s?": amount, "cpu_s?": amount, "gpu_s?": amount, "energy_j?": amount, "tokens_in?": count,
              "tokens_out?": count},
    "judge?": {"model_digest": HEX64, "prompt_digest": HEX64, "agreement_with_human?": number},
    "contamination?": [{"method": text, "verdict": {"indicated", "not-indicated", "not-assessable"},
                        "value?": number}],
    "reproduces?": {"statement_digest": HEX64, "level?": {"exact", "item-level", "equivalence"}},
}  # fmt: skip
PREDICATES = {
    "urn:assay:assessment:v1": ASSESSMENT,
    "urn:assay:conversion:v1": CONVERSION,
    "urn:assay:result:v1": RESULT,
    "urn:assay:claim:v1": {"claim": re.compile("[a-z]+(-[a-z]+)*"), "text": str},
    "urn:assay:bundle:v1": {"members": count, "bytes": count},
}


# --- statements and envelopes ---


def dirhash(files):
    """`files`: path to digest."""
    ordered = sorted(files.items(), key=lambda item: item[0].encode())
    return sha256(b"".join(f"{digest}  {path}\n".encode() for path, digest in ordered))


def subject_dirhash(statement):
    found = [one["digest"]["dirHash"] for one in statement["subject"] if "dirHash" in one["digest"]]
    return found[0] if found else None


def check_statement(data):
    statement = strict(data, 64 * MIB)
    digest = {"name": text, "digest": dict}
    shaped(statement, {"_type": {STATEMENT_TYPE}, "subject": [digest], "predicateType": text, "predicate": dict})
    need(1 <= len(statement["subject"]) <= 10_000, "no subject")
    lengths = {"dirHash": "64", "sha256": "64", "gitCommit": "(40|64)"}
    for subject in statement["subject"]:
        need(subject["digest"], "no digest")
        for name, value in subject["digest"].items():
            length = lengths.get(name, "(40|64|96|128)").strip("()").split("|")
            need(isinstance(value, str) and str(len(value)) in length, f"digest {name}")
            need(re.fullmatch("[0-9a-f]+", value), f"digest {name}")
    kind, predicate = statement["predicateType"], statement["predicate"]
    if kind in PREDICATES:
        shaped(predicate, PREDICATES[kind], "predicate")
        agreement(kind, predicate, statement)
    return statement


def agreement(kind, predicate, statement):
    """What must fit together beyond the shape."""
    if kind == "urn:assay:assessment:v1":
        files = predicate["files"]
        need(distinct(files, "path"), "a path twice")
        need(all((file["sha256"] is None) == (file["digest"] == "not known") for file in files), "digest and grade")
        whole = all(file["sha256"] for file in files)
        named = dirhash({file["path"]: file["sha256"] for file in files}) if whole else None
        need(subject_dirhash(statement) == named, "the subject is not the files listed")
    elif kind == "urn:assay:conversion:v1":
        lists = (("inputs", "path"), ("outputs", "path"), ("tensors", "name"))
        need(all(distinct(predicate[name], key) for name, key in lists), "something twice")
        need(all(len(tensor["shape"]) <= 64 for tensor in predicate["tensors"]), "too many lengths")
    elif kind == "urn:assay:result:v1":
        samples = predicate["samples"]
        need(samples["n_scored"] + samples["n_errored"] == samples["n_scheduled"], "samples do not add up")
        need(samples["n_scheduled"] <= predicate["benchmark"]["n_total"], "more samples than there are")
        need(predicate["metrics"] and distinct(predicate["metrics"], "name"), "metrics")
        more = [samples.get(key, 0) for key in ("n_refused", "n_truncated")]
        need(max(more) <= samples["n_scheduled"], "more samples than were asked")
        for metric in predicate["metrics"]:
            need(metric["n"] <= samples["n_scored"], "a metric")
            if metric["ci"] is not None:
                low, high, level = (Decimal(metric["ci"][key]) for key in ("low", "high", "level"))
                need(low <= high and 0 < level < 1, "an interval")


def public_key(pem):
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise RefusedError(f"no public key: {error}") from None
    need(isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1", "not EC P-256")
    form = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    need(form == pem, "a key in another form")
    return key


def unbase64(value):
    need(isinstance(value, str) and value, "no base64")
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        raise RefusedError("no base64") from None
    need(base64.b64encode(data).decode() == value, "another base64 than one would write")
    return data


def open_envelope(data, keys):
    """Return payload and signers' keyids; `keys` are PEM bytes by keyid."""
    envelope = strict(data, 90 * MIB)
    shaped(envelope, {"payload": str, "payloadType": {PAYLOAD_TYPE}, "signatures": [{"keyid": HEX64, "sig": str}]})
    payload, signatures = unbase64(envelope["payload"]), envelope["signatures"]
    need(1 <= len(signatures) <= 32 and distinct(signatures, "keyid"), "signatures")
    signed = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
    signers = []
    for signature in signatures:
        raw = unbase64(signature["sig"])
        need(len(raw) <= 1024, "a signature too long")
        if signature["keyid"] in keys:
            try:
                public_key(keys[signature["keyid"]]).verify(raw, signed, ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                raise RefusedError("a signature does not hold") from None
            signers.append(signature["keyid"])
    need(signers, "no signature by a key that is here")
    return payload, signers


def check_envelope(data, keys):
    payload, signers = open_envelope(data, keys)
    return {"statement": check_statement(payload), "digest": sha256(data), "signers": signers}


def check_evidence(files):
    """`files`: path below `.assay/` to content. Return the keys and the statements that were checked."""
    for name, data in files.items():
        found = re.fullmatch(r"statements/([0-9a-f]{64})\.dsse\.json|keys/([0-9a-f]{64})\.pem", name)
        need(found and sha256(data) in found.groups(), f"{name} is no evidence")
    keys = {sha256(data): data for name, data in files.items() if name.startswith("keys/")}
    for pem in keys.values():
        public_key(pem)
    envelopes = [data for name, data in sorted(files.items()) if name.startswith("statements/")]
    return keys, [check_envelope(data, keys) for data in envelopes]


# --- folders and conversions ---

LEFT_OUT = (".git", ".cache/huggingface", ".assay")


def walk(folder, left_out=()):
    """Yield path below `folder` and place of each regular file; nothing else may be there."""
    for here, folders, names in os.walk(folder):
        base = Path(here).relative_to(folder).as_posix()
        prefix = "" if base == "." else f"{base}/"
        folders[:] = [name for name in folders if prefix + name not in left_out]
        for name in folders:
            need(not (Path(here) / name).is_symlink(), f"{prefix}{name} is a link")
        for name in names:
            place = Path(here) / name
            need(place.is_file() and not place.is_symlink(), f"{prefix}{name} is no regular file")
            yield prefix + name, place


def check_folder(folder):
    files = {}
    for path, place in walk(folder, LEFT_OUT):
        normal = unicodedata.normalize("NFC", path)
        need(path_rules(normal), f"the path {path!r}")
        with place.open("rb") as file:
            files[normal] = hashlib.file_digest(file, "sha256").hexdigest()
    need(side_by_side(list(files)), "paths that cannot lie side by side")
    name = dirhash(files)
    evidence = {path: place.read_bytes() for path, place in walk(Path(folder) / ".assay")}
    _, statements = check_evidence(evidence)
    about = [one["digest"] for one in statements if subject_dirhash(one["statement"]) == name]
    return {"dirhash": name, "statements": [one["digest"] for one in statements], "about": about}


def tensor_digest(dtype, shape, elements):
    need(isinstance(dtype, str) and DTYPE.fullmatch(dtype), "a dtype")
    need(len(shape) <= 64 and all(count(length) for length in shape), "a shape")
    return sha256(canonical({"dtype": dtype, "shape": list(shape)}) + elements)


def check_conversion(folder, predicate):
    """Check that the outputs lie in `folder` and hold just the tensors with these digests."""
    found = {}
    for output in predicate["outputs"]:
        data = (Path(folder) / output["path"]).read_bytes()
        need(sha256(data) == output["sha256"], f"{output['path']} is another file")
        if output["path"].endswith(".safetensors"):
            start = 8 + int.from_bytes(data[:8], "little")
            header = json.loads(data[8:start])
            header.pop("__metadata__", None)
            for name, one in header.items():
                begin, end = one["data_offsets"]
                found[name] = tensor_digest(one["dtype"], one["shape"], data[start + begin : start + end])
    need(found == {one["name"]: one["digest_after"] for one in predicate["tensors"]}, "other tensors")


# --- the log ---

KINDS = {"revision", "statement", "advisory", "revocation", "key-add", "key-revoke", "takedown"}
REASONS = {"none", "error", "superseded", "rotation", "compromise", "malware", "licence", "privacy", "legal", "owner"}


def check_leaf(data):
    leaf = strict_canonical(data, 2047)
    time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
    shaped(leaf, {"v": int, "kind": KINDS, "commitment": HEX64, "size_class": count, "time": time, "reason": REASONS})
    need(leaf["v"] == 1 and leaf["size_class"] <= 63, "version or size class")
    try:
        datetime.fromisoformat(leaf["time"])
    except ValueError:
        raise RefusedError("a time that does not exist") from None
    withdrawn = leaf["kind"] in {"revocation", "key-revoke", "takedown"}
    need(withdrawn == (leaf["reason"] != "none"), "a reason where none belongs, or none where one must be")
    return leaf


def opens(leaf, salt, envelope_digest):
    return len(salt) == 32 and sha256(salt + bytes.fromhex(envelope_digest)) == leaf["commitment"]


def hash_leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def hash_node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hash_node(root_of(leaves[:half]), root_of(leaves[half:]))


def included(leaf, index, size, proof, root):
    """`leaf` is a hash, `proof` a list of hashes."""
    need(0 <= index < size and all(len(one) == 32 for one in proof), "no such leaf")
    last, rest = size - 1, list(proof)
    while last:
        if index % 2 or index < last:
            need(rest, "the proof is too short")
            other = rest.pop(0)
            leaf = hash_node(other, leaf) if index % 2 else hash_node(leaf, other)
        index, last = index // 2, last // 2
    need(not rest and leaf == root, "the proof does not lead to the root")


# --- bundles ---


def plain_block(path, size, kind=b"0"):
    block = path.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2
    block += b"%011o\0" % size + b"0" * 11 + b"\0" + b" " * 8 + kind + b"\0" * 100 + b"ustar\0" + b"00"
    block += b"\0" * 64 + b"0000000\0" * 2 + b"\0" * 167
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def zeros_after(size):
    return b"\0" * (-size % 512)


def record(key, value):
    tail = f" {key}={value}\n".encode()
    return next(b"%d%b" % (n, tail) for n in range(len(tail), len(tail) + 20) if len(str(n)) + len(tail) == n)


def header(path, size):
    if path.isascii() and len(path) <= 100 and size < 8**11:
        return plain_block(path, size)
    records = record("path", path) + record("size", size)
    blocks = plain_block("pax", len(records), b"x") + records + zeros_after(len(records))
    return blocks + plain_block("member", size if size < 8**11 else 0)


def exactly(file, wanted, what):
    need(file.read(len(wanted)) == wanted, what)


def read_plain(file, path, limit):
    """Return the contents of the first or the last member, whose size only its header knows."""
    block = file.read(512)
    need(re.fullmatch(rb"[0-7]{11}", block[124:135]), f"{path}: header")
    size = int(block[124:135], 8)
    need(block == plain_block(path, size) and size <= limit, f"{path}: header")
    data = file.read(size)
    need(len(data) == size, f"{path}: cut off")
    exactly(file, zeros_after(size), f"{path}: padding")
    return data


def check_index(data):
    index = strict_canonical(data, 64 * MIB)
    member = {"path": path_rules, "size": count, "sha256": HEX64}
    shaped(index, {"schema": {"assay.bundle/v1"}, "subject": {"dirHash": HEX64}, "members": [member]}, "index")
    paths = [one["path"] for one in index["members"]]
    need(len(paths) <= 205_000 and side_by_side(paths), "paths")
    need(paths == sorted(paths, key=str.encode), "order")
    for path in paths:
        top, _, rest = path.partition("/")
        if top == "artifact":
            hidden = any(f"{rest.casefold()}/".startswith(f"{name}/") for name in LEFT_OUT)
            need(rest and not hidden, f"{path} would escape the dirHash")
        else:
            evidence = r"evidence/(statements/[0-9a-f]{64}\.dsse\.json|keys/[0-9a-f]{64}\.pem)"
            need(path == "policy.yaml" or re.fullmatch(evidence, path), f"{path} has no place")
    cut = len("artifact/")
    files = {one["path"][cut:]: one["sha256"] for one in index["members"] if one["path"].startswith("artifact/")}
    need(dirhash(files) == index["subject"]["dirHash"], "dirHash")
    return index


def closing_payload(index, index_bytes):
    named = index["subject"]["dirHash"]
    return canonical({
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": "bundle.json", "digest": {"sha256": sha256(index_bytes)}},
            {"name": "revision", "digest": {"dirHash": named}},
            {"name": "manifest.txt", "digest": {"sha256": named}},
        ],
        "predicateType": "urn:assay:bundle:v1",
        "predicate": {"members": len(index["members"]), "bytes": sum(one["size"] for one in index["members"])},
    })  # fmt: skip


def check_bundle(place):
    with Path(place).open("rb") as file:
        index_bytes = read_plain(file, "bundle.json", 64 * MIB)
        index = check_index(index_bytes)
        evidence = {}
        for member in index["members"]:
            path, size = member["path"], member["size"]
            keep = path.startswith("evidence/")
            need(path != "policy.yaml" or size <= 65_536, f"{path}: too long")
            exactly(file, header(path, size), f"{path}: header")
            hasher, left, kept = hashlib.sha256(), size, []
            while left:
                piece = file.read(min(left, MIB))
                need(piece, f"{path}: cut off")
                hasher.update(piece)
                left -= len(piece)
                kept += [piece] if keep else []
            need(hasher.hexdigest() == member["sha256"], f"{path}: other bytes")
            exactly(file, zeros_after(size), f"{path}: padding")
            if keep:
                evidence[path.removeprefix("evidence/")] = b"".join(kept)
        closing = read_plain(file, "bundle.dsse.json", 65_536)
        exactly(file, b"\0" * 1024, "the end")
        need(not file.read(1), "something follows the end")
    keys, statements = check_evidence(evidence)
    payload, signers = open_envelope(closing, keys)
    need(strict_canonical(closing, 65_536)["signatures"][1:] == [], "more than one signature")
    need(payload == closing_payload(index, index_bytes), "closed over another index")
    return {
        "dirhash": index["subject"]["dirHash"],
        "packer": signers[0],
        "statements": [one["digest"] for one in statements],
    }


def main(words):
    commands = {
        "bundle": check_bundle,
        "folder": check_folder,
        "leaf": lambda path: check_leaf(Path(path).read_bytes()),
        "envelope": lambda path, *keys: check_envelope(
            Path(path).read_bytes(), {sha256(pem): pem for pem in (Path(key).read_bytes() for key in keys)}
        ),
    }
    if len(words) < 2 or words[0] not in commands:
        sys.stderr.write(__doc__)
        return 2
    try:
        sys.stdout.write(json.dumps(commands[words[0]](*words[1:]), indent=2) + "\n")
    except (RefusedError, OSError) as error:
        sys.stderr.write(f"refused: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
