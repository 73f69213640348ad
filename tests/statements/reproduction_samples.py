"""Predicates of reproduction and pooled compute that are right, one of each type."""

from assay.statements.predicates import agreement, audit, commitment, lease, retraction, reveal

D, E = "0" * 64, "1" * 64
MODEL = {"dirhash": D, "weights_digest": D}
LEAF = {"sample": "a", "input": D, "output": D, "score": "1", "stop": "length"}

GOOD = {
    commitment: {
        "round": D, "opened_by": D, "conditions": D, "model": MODEL, "keyid": D, "samples": 60, "root": D,
        "margin": "0.01",
    },
    reveal: {"round": D, "commitment": D, "result": D, "salt": D, "leaves": [LEAF]},
    agreement: {
        "round": D, "first": {"result": D, "merkle_root": D}, "second": {"result": E, "merkle_root": E},
        "kind": "item-level", "reason": "1 of 60 answers differ, 1 of them in score", "n": 60, "identical": 59,
        "discordant": [{"sample": "a", "first": "1", "second": "0"}], "differs_in": ["environment.cpu"],
        "margin": "0.01", "equivalence": None, "copyable": False,
    },
    audit: {
        "commitment": D, "result": D, "index": 5, "checkpoint": {"size": 9, "root": D}, "seed": D,
        "outcome": "agreed", "reason": "0 of 1 drawn samples differ",
        "samples": [{"sample": "a", "said": "1", "found": "1"}],
    },
    retraction: {"envelope": D, "reason": "error"},
    lease: {
        "request": D, "round": D, "conditions": D, "part": "rerun", "keyid": D,
        "benchmark": {"id": "tiny", "manifest_digest": D, "dataset_digest": D, "scorer_digest": D},
        "model": MODEL, "samples": None, "expires": "2026-11-22T10:00:00Z", "fence": 1,
    },
}  # fmt: skip
