"""A model at an address is asked over HTTP; what the server does wrong costs a sample, never the run or the machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assay.errors import EvaluationError
from assay.evals import run, shipped
from assay.evals.comparability import comparability_key
from assay.evals.models import Prompt, Turn
from assay.evals.models.endpoint import EndpointModel
from assay.evals.sampling import Sampling
from assay.evals.trust import level_of
from assay.isolate.evaluating import evaluate_endpoint
from assay.statements.statement import Statement

SUITE = shipped("next-letter")
ANSWERS = {item.input: item.target for item in SUITE.items}


class Handler(BaseHTTPRequestHandler):
    """As much of such a server as is asked for; `server.answer` says what comes back."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, dict(self.headers), asked))
        status, body = self.server.answer(asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def chat(text, why="stop", **more):
    message = {"role": "assistant", "content": text, **more}
    usage = {"prompt_tokens": 5, "completion_tokens": 1}
    return 200, json.dumps({"choices": [{"message": message, "finish_reason": why}], "usage": usage}).encode()


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.handle_error = lambda *_: None
    made.seen = []
    made.answer = lambda asked: chat(ANSWERS[asked["messages"][-1]["content"]])
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def model(server):
    with EndpointModel(f"http://127.0.0.1:{server.server_address[1]}/v1/", "tiny", "sk-1").egress as egress:
        yield EndpointModel(f"http://127.0.0.1:{server.server_address[1]}/v1/", "tiny", "sk-1", egress=egress)


def ask(model, prompt=None, **sampling):
    return model.generate([prompt or Prompt("q")], Sampling(**sampling))[0]


def test_a_benchmark_is_run_and_the_result_names_the_address(server, model):
    done = evaluate_endpoint(SUITE, model)
    predicate = done.predicate
    assert predicate["metrics"][0]["value"] == "1.000000"
    assert predicate["model"] == {"endpoint": model.address.rstrip("/"), "name": "tiny", "format": "openai-chat"}
    assert (predicate["cost"]["tokens_in"], predicate["cost"]["tokens_out"]) == (300, 60)
    assert Statement.parse(done.statement).subjects[0].name == "model tiny"
    path, headers, asked = server.seen[0]
    assert (path, headers["Authorization"]) == ("/v1/chat/completions", "Bearer sk-1")
    assert asked["max_tokens"] == 1
    assert asked["temperature"] == 0
    assert len(comparability_key(predicate)) == 64


def test_it_is_never_more_than_logged(model):
    predicate = run(SUITE, model, environment={"os": "a", "arch": "a", "python": "3", "numpy": "none"}).predicate
    held = (predicate["benchmark"]["manifest_digest"],)
    assert level_of(predicate, log_checked=True, signed=True, held=held) == "logged"


def test_what_is_drawn_is_asked_with_the_samples_own_seed(server, model):
    server.answer = lambda asked: chat("x")
    turns = (Turn("system", "Be brief."), Turn("user", "q"))
    ask(model, Prompt("q", turns, 77), mode="sampled", temperature="0.5", top_p="0.9", stop=("\n",))
    asked = server.seen[0][2]
    assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}]
    assert (asked["seed"], asked["temperature"], asked["top_p"], asked["stop"]) == (77, 0.5, 0.9, ["\n"])


def test_texts_can_be_asked_as_texts(server, model):
    server.answer = lambda asked: (200, b'{"choices": [{"text": "b", "finish_reason": "length"}]}')
    plain = EndpointModel(model.address, "tiny", chat=False, egress=model.egress)
    assert ask(plain)[:4] == ("b", "length", 0, 0)
    assert server.seen[0][0] == "/v1/completions"
    assert "Authorization" not in server.seen[0][1]


@pytest.mark.parametrize(
    ("answer", "stop", "text"),
    [
        (chat("", "content_filter"), "refusal", ""),
        (chat(None, refusal="I cannot."), "refusal", "I cannot."),
        (chat("so", "length"), "length", "so"),
        (chat("so", "odd"), "end", "so"),
    ],
)
def test_refused_and_cut_answers_are_known_as_such(server, model, answer, stop, text):
    server.answer = lambda asked: answer
    assert ask(model)[:2] == (text, stop)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((500, b"down"), "500: down"),
        ((429, b"\x1b[31mslow"), "429:  \\[31mslow"),
        ((200, b"not json"), "no completion"),
        ((200, b"[]"), "no completion"),
        ((200, b'{"choices": []}'), "no completion"),
        ((200, b'{"choices": [{"message": {"content": 5}}]}'), "without a text"),
        ((200, b"[" * 100_000), "no completion"),
        ((200, b'"' + b"x" * 5_000_000), "sends more than"),
    ],
)
def test_what_a_server_does_wrong_costs_the_sample(server, model, answer, says):
    server.answer = lambda asked: answer
    found = ask(model)
    assert found.stop_reason == "error"
    assert says.replace("\\", "") in found.error


def test_half_a_surrogate_does_not_break_the_log(server, model):
    server.answer = lambda asked: chat("\ud800")
    outcome = run(SUITE, model, environment={"os": "a", "arch": "a", "python": "3", "numpy": "none"}, limit=2)
    assert outcome.predicate["samples"]["n_scored"] == 2


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_or_an_unknown_model_ends_the_run(server, model, status):
    server.answer = lambda asked: (status, b"no such model")
    with pytest.raises(EvaluationError, match=f"says {status}: no such model"):
        ask(model)
    assert len(server.seen) == 1


def test_likelihoods_cannot_be_had(model):
    with pytest.raises(EvaluationError, match="no log-likelihoods"):
        model.loglikelihood([(Prompt("a"), "b")])


def test_a_server_that_is_not_there_costs_all_samples_and_is_said(server):
    server.shutdown()
    server.server_close()
    model = EndpointModel(f"http://127.0.0.1:{server.server_address[1]}/v1", "tiny")
    with pytest.raises(EvaluationError, match="refuses the connection"):
        run(SUITE, model, environment={"os": "a", "arch": "a", "python": "3", "numpy": "none"}, limit=1)
