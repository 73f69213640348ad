"""Members for the tests: each has a key, runs benchmarks, commits and reveals; a log gives places."""

import hashlib
from decimal import Decimal

from tests.evals.reproduction.answers import leaves

from assay.evals.reproduction.leaves import plain_root
from assay.evals.reproduction.rounds import Placed, commit, open_up
from assay.evals.reproduction.trust import recomputed
from assay.statements.envelope import Envelope
from assay.statements.evidence import VerifiedStatement
from assay.statements.keys import PrivateKey
from assay.statements.predicates import result, retraction, validate
from assay.statements.statement import Statement, Subject, revision_subjects

MODEL, WEIGHTS, MANIFEST = "1" * 64, "2" * 64, "3" * 64
LEASE = "4" * 64


def result_of(answers, manifest=MANIFEST, **environment):
    errors = sum(leaf.value is None for leaf in answers)
    return {
        "benchmark": {
            "id": "tiny", "version": "1", "manifest_digest": manifest, "dataset_digest": "5" * 64,
            "scorer_digest": "6" * 64, "n_total": len(answers),
        },
        "harness": {"name": "assay", "version": "1"},
        "model": {"dirhash": MODEL, "weights_digest": WEIGHTS, "format": "safetensors"},
        "sampling": {"mode": "greedy", "max_tokens": 8, "stop": []},
        "environment": {"os": "Linux", "arch": "x86_64", "python": "3.11", "numpy": "2", "cpu": "one"} | environment,
        "samples": {
            "n_scheduled": len(answers), "n_scored": len(answers) - errors, "n_errored": errors,
            "merkle_root": plain_root(answers),
        },
        "metrics": [
            {"name": "accuracy", "value": str(recomputed(answers)), "n": len(answers) - errors,
             "ci": {"low": "0.0", "high": "1.0", "level": "0.95", "method": "wilson"}},
        ],
        "evaluator": {"relationship": "third"},
    }  # fmt: skip


class Log:
    """Gives places, one after the other."""

    def __init__(self):
        self.placed = []

    def add(self, said, *, logged=True, own=False):
        place = sum(one.place is not None for one in self.placed) if logged else None
        self.placed.append(Placed(said, place, own))
        return self.placed[-1]


class Member:
    """One evaluator."""

    def __init__(self, name):
        self.name = name
        self.key = PrivateKey.generate()
        self.keyid = self.key.public.keyid
        self.salt = hashlib.sha256(name.encode()).digest()

    def sign(self, statement):
        validate(statement)
        envelope = Envelope.sign(statement.to_bytes(), self.key)
        return VerifiedStatement(envelope.statement(), envelope.digest, (self.keyid,), pinned=False, known=True)

    def publish(self, log, answers=None, **surroundings):
        predicate = result_of(answers or leaves(), **surroundings)
        return log.add(self.sign(Statement(result.TYPE, revision_subjects(MODEL, None), predicate)))

    def commit(self, log, answers=None, opened_by=LEASE, margin="0.01", *, logged=True, own=False, **surroundings):
        """Run, sign the result (kept back for now) and commit."""
        self.answers = answers or leaves()
        predicate = result_of(self.answers, **surroundings)
        self.result = self.sign(Statement(result.TYPE, revision_subjects(MODEL, None), predicate))
        said = commit(
            predicate, self.answers, keyid=self.keyid, opened_by=opened_by, salt=self.salt, margin=Decimal(margin)
        )
        self.commitment = log.add(self.sign(said), logged=logged, own=own)
        return self.commitment

    def reveal(self, log, *, logged=True, own=False):
        said = open_up(
            self.commitment.predicate,
            self.answers,
            commitment_digest=self.commitment.said.digest,
            result_digest=self.result.digest,
            salt=self.salt,
        )
        shown = log.add(self.sign(said), logged=logged, own=own)
        self.published = log.add(self.result, logged=logged, own=own)
        return shown

    def retract(self, log, digest, reason="error"):
        about = (Subject("result", {"sha256": digest}),)
        return log.add(self.sign(Statement(retraction.TYPE, about, {"envelope": digest, "reason": reason})))
