"""Members' runners for the tests: the honest one is the real one, each of the others does one thing wrong."""

import hashlib
import json
from pathlib import Path

from assay.evals.answers import Answer, read_line
from assay.evals.reproduction import from_log, plain_root, recomputed
from assay.isolate.evaluating_model import Confined
from assay.statements.envelope import Envelope
from assay.statements.keys import PrivateKey
from assay.statements.predicates import commitment, result
from assay.worker.pool_client import PoolClient
from assay.worker.pool_runner import Answered, PoolRunner


class Honest(PoolRunner):
    """Runs what it is asked to."""

    def __init__(self, hub, name: str, folder: Path) -> None:
        client = PoolClient(hub.url, hub.token(name))
        super().__init__(client, PrivateKey.generate(), folder / name, confined=Confined())
        self.name = name
        self.hub = hub
        self.client.register(self.key, "the test's")


class Changing(Honest):
    """Runs, and then says something else."""

    def changed(self, answers):
        raise NotImplementedError

    def answer(self, work, journal):
        done = super().answer(work, journal)
        lines = done.log.splitlines(keepends=True)
        answers = self.changed([read_line(line, "a line") for line in lines])
        log = b"".join(one.line() for one in answers)
        leaves = from_log(log.splitlines(keepends=True))
        said = json.loads(json.dumps(done.statement.predicate))
        said["samples"] |= {"merkle_root": plain_root(leaves), "log_digest": hashlib.sha256(log).hexdigest()}
        said["metrics"] = [said["metrics"][0] | {"value": str(recomputed(leaves)), "ci": None}]
        said["metrics"] += done.statement.predicate["metrics"][1:]
        result.validate(said)
        return Answered(done.statement._replace(predicate=said), log)


class Altering(Changing):
    """Turns a few wrong answers into right ones."""

    def changed(self, answers):
        wrong = [place for place, one in enumerate(answers) if one.score == "0"][:3]
        return [right(one) if place in wrong else one for place, one in enumerate(answers)]


class Lazy(Changing):
    """Runs the first half, and invents the rest."""

    def changed(self, answers):
        half = len(answers) // 2
        return [*answers[:half], *(right(one) if place % 2 else wrong(one) for place, one in enumerate(answers[half:]))]


class Stale(Changing):
    """Says which model it ran, and ran an older one: now and then that answers otherwise."""

    def changed(self, answers):
        return [wrong(one) if place % 7 == 3 else one for place, one in enumerate(answers)]


class Copying(Honest):
    """Runs nothing: signs under its own name the commitment that it finds on the hub."""

    def _commit(self, work, done):
        base = f"/api/models/{work.repo}/evidence/{work.commit}"
        seen = self.hub.ask("GET", base).json()["statements"]
        found = [one["digest"] for one in seen if one["predicateType"] == commitment.TYPE]
        stolen = Envelope.parse(self.hub.ask("GET", f"{base}/{found[-1]}").body).statement()
        stolen = stolen._replace(predicate=stolen.predicate | {"keyid": self.key.public.keyid})
        self.client.commit(work.number, self._signed(stolen).raw)


def right(answer: Answer) -> Answer:
    return answer.__class__(answer.sample, answer.input, f"{answer.text}!", "1", answer.stop, answer.tokens)


def wrong(answer: Answer) -> Answer:
    return answer.__class__(answer.sample, answer.input, f"{answer.text}?", "0", answer.stop, answer.tokens)
