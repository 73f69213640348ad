"""Runs every case with the reference runner and with the engine that argv names, and prints what was alike as JSON.

In an environment with the engine, the root of the repo as the folder, and `src` on the path. It ends with `seen`: the
network, programs and files that were touched while the engine ran.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from tests.evals.suites import suite
from tests.make.llamas import write_llama

from assay.errors import AssayError, EvaluationError
from assay.evals import Journal, Sampling, environment, run, shipped
from assay.evals.engines import engine_named
from assay.evals.models import Generation, Likelihood
from assay.evals.models.llama_numpy import load_llama
from assay.evals.models.replay import ReplayModel
from assay.examples import build

ODD = [
    "",
    " ",
    "\n",
    "ä é 漢字 🜚",
    "<think>no</think>yes",
    "a\r\nb\tc ",
    "\x00\x1b[31m",
    "half \ud83d",
    "'\"\\{{input}}",
]
TALK = [{"role": "system", "content": "Add."}, {"role": "user", "content": "1 plus 1? "}]
GREEDY = Sampling("greedy", max_tokens=5, stop=("c", "\n\n"))
DRAWN = Sampling("sampled", max_tokens=6, temperature="0.7", top_p="0.9", seed=11)
EVENTS = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system")


class Fake:
    """Answers by a function of the prompt, the sampling and how many it was asked before."""

    facts = {"dirhash": "0" * 64, "weights_digest": "0" * 64, "format": "fake"}  # noqa: RUF012 - it stays as it is
    cpu_elsewhere = 0.0

    def __init__(self, said, rated=lambda prompt, text: Likelihood(-1.0)):
        self.said, self.rated, self.asked = said, rated, 0

    def generate(self, prompts, sampling):
        found = []
        for prompt in prompts:
            found.append(self.said(prompt, sampling, self.asked))
            self.asked += 1
        return [one for one in found if one is not None]

    def loglikelihood(self, pairs):
        return [self.rated(prompt, text) for prompt, text in pairs]


class Heard:
    """A model that notes what it is asked, call by call."""

    def __init__(self, model):
        self.model, self.calls = model, []
        self.facts, self.cpu_elsewhere = model.facts, 0.0

    def generate(self, prompts, sampling):
        self.calls.append([[prompt.text, prompt.messages(), prompt.seed] for prompt in prompts])
        return self.model.generate(prompts, sampling)

    def loglikelihood(self, pairs):
        self.calls.append([[prompt.text, prompt.messages(), text] for prompt, text in pairs])
        return self.model.loglikelihood(pairs)


def odd(prompt, sampling, number):
    """What engines might strip, parse or count otherwise."""
    return Generation(ODD[number % len(ODD)], ("length", "stop", "end", "refusal")[number % 4], number, 2 * number)


def failing(prompt, sampling, number):
    return Generation.failed("too long: \ud83d") if number % 3 else Generation("2", "end", 3, 1)


def useless(prompt, sampling, number):
    raise EvaluationError("the key is refused", hint="Ask for another.")


def few(prompt, sampling, number):
    return None if number == 5 else Generation("2", "end")


def rated(prompt, text):
    return Likelihood.failed("it does not fit") if text.endswith("9") else Likelihood(-len(text) - 1 / 3, len(text))


def cases(folder):
    """Yield the name of a case, the benchmark, the model, and how it is run."""
    build("apache-clean", folder / "example")
    example = load_llama(folder / "example")
    write_llama(folder / "llama", [*map(chr, range(32, 127)), "\n"], width=32, layers=2)
    llama = load_llama(folder / "llama")
    letters = shipped("next-letter")
    yield "greedy, a benchmark that ships", letters, example, {"batch_size": 7}
    yield "greedy, one by one, some of them", letters, example, {"limit": 11}
    yield "drawn, a benchmark that ships", letters, example, {"batch_size": 8, "sampling": DRAWN}
    sums = suite(folder / "sums", template="Q: {input}\nA:", shots=[{"input": "0 plus 0?", "target": "0"}])
    yield "greedy, version 2, with samples shown first", sums, llama, {"batch_size": 16, "sampling": GREEDY}
    yield "drawn, version 2", sums, llama, {"batch_size": 64, "sampling": DRAWN}
    rows = [
        {"id": f"r{at:02}", "input": "Which? " * (at % 2) + "x", "target": at % 3, "choices": ["a", "b c", "d"]}
        for at in range(20)
    ]
    choose = suite(folder / "choose", rows, scorer="most-likely", sampling={"mode": "loglik"})
    yield "likelihoods", choose, llama, {"batch_size": 6}
    uneven = [{"id": f"u{at}", "input": "?", "target": 0, "choices": [*"0123456789"[: at + 2]]} for at in range(9)]
    failed = suite(folder / "uneven", uneven, scorer="most-likely", sampling={"mode": "loglik"})
    yield "likelihoods, some failed", failed, Fake(failing, rated), {"batch_size": 4}
    talks = [{"id": f"t{at}", "input": [*TALK, {"role": "assistant", "content": f" {at} "}][: at + 1], "target": "2"}
             for at in range(3)]  # fmt: skip
    shown = suite(folder / "talks", talks, shots=[{"input": "1", "target": "2"}])
    yield "talks", shown, Fake(odd), {"batch_size": 2}
    strange = [{"id": f"s {at} ä", "input": text.replace("\ud83d", ""), "target": "2"} for at, text in enumerate(ODD)]
    yield "strange prompts", suite(folder / "strange", strange), Fake(odd), {"batch_size": 4}
    yield "strange answers", sums, Fake(odd), {"batch_size": 3}
    yield "some fail", sums, Fake(failing), {"batch_size": 16}
    yield "all fail", sums, ReplayModel({}), {"batch_size": 16}
    yield "the model is useless", sums, Fake(useless), {"batch_size": 16}
    yield "too few answers", sums, Fake(few), {"batch_size": 4}


def outcome(engine, benchmark, model, options):
    """What came of a run: samples, metrics and calls; or its error."""
    heard = Heard(Fake(model.said, model.rated) if isinstance(model, Fake) else model)
    try:
        done = run(benchmark, heard, environment=environment(1), engine=engine, **options)
    except AssayError as error:
        return [type(error).__name__, str(error), error.hint(), heard.calls]
    told = {key: done.predicate[key] for key in ("samples", "metrics", "model", "sampling")}
    return [told, done.predicate["cost"]["tokens_in"], done.predicate["cost"]["tokens_out"], heard.calls]


def killed(engine, folder):
    """Whether a run that dies in the middle and goes on ends as one that was left alone; and what it went on with."""
    benchmark = suite(folder / "long")
    answer = Fake(lambda prompt, sampling, number: Generation(prompt.text, "end", 1, 1))

    def dies(prompt, sampling, number):
        if number == 29:
            os._exit(9)
        return answer.said(prompt, sampling, number)

    child = os.fork()
    if not child:
        with Journal(folder / "journal", interval=0) as journal:
            run(benchmark, Fake(dies), environment=environment(1), engine=engine, batch_size=4, journal=journal)
    os.waitpid(child, 0)
    with Journal(folder / "journal") as journal:
        done = run(benchmark, answer, environment=environment(1), engine=engine, batch_size=4, journal=journal)
    whole = run(benchmark, answer, environment=environment(1), batch_size=4)
    return [done.predicate["samples"] == whole.predicate["samples"], answer.asked - 40]


def main(name):
    """Write one JSON object."""
    engine, seen, found = engine_named(name), [], {}

    def hook(event, arguments):
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        outside = writes and isinstance(arguments[0], str) and f"{os.sep}assay-engine-" not in arguments[0]
        if listening and (event in EVENTS or (outside and arguments[0] != os.devnull)):
            seen.append([event, repr(arguments)])

    listening = False
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        found["killed"] = killed(engine, folder)
        sys.addaudithook(hook)
        for title, benchmark, model, options in cases(folder):
            expected = outcome(None, benchmark, model, options)
            before, listening = dict(os.environ), True
            got = outcome(engine, benchmark, model, options)
            listening = False
            alike = got == expected and dict(os.environ) == before
            found[title] = [alike, *((expected, got) if not alike else expected[:3])]
    sys.stdout.write(json.dumps({"cases": found, "seen": seen}))


if __name__ == "__main__":
    main(sys.argv[1])
