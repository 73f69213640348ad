"""Llama models in plain numpy: the alphabet model scores as made, a random one does not, odd ones are refused."""

from __future__ import annotations

import importlib.util
import json
import random
import socket
import struct
import sys

import pytest
from tests.conftest import require

from assay import examples
from assay.artifact.safetensors_file import Tensor, header
from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.errors import EvaluationError, MissingExtraError, SourceError
from assay.evals import environment, run, shipped
from assay.evals.models import Prompt
from assay.evals.models.choosing import choose
from assay.evals.models.llama_config import llama_config
from assay.evals.models.llama_numpy import Past, load_llama
from assay.evals.sampling import Sampling
from assay.examples import _bigram
from assay.fixes import fix_folder
from assay.statements.predicates import result
from assay.statements.statement import Statement

require("numpy", importlib.util.find_spec("numpy") is not None, "numpy is not installed")
numpy = importlib.import_module("numpy")

BENCHMARK = shipped("next-letter")
CONFIG = json.loads(_bigram.config())


@pytest.fixture
def clean(tmp_path):
    examples.build("apache-clean", tmp_path / "clean")
    return tmp_path / "clean"


def small(folder, *, seed=1, dtype="F32", drop=(), extra=None, files=1, **changes):
    """Write a Llama with random weights and 16 characters."""
    config = {
        "model_type": "llama", "vocab_size": 128, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "max_position_embeddings": 32,
    } | changes  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(_bigram.tokenizer())
    known = {**config, "num_hidden_layers": 2}
    known = {key: value for key, value in known.items() if key not in ("rope_scaling", "hidden_act", "model_type")}
    shapes = llama_config(json.loads(json.dumps({**known, "model_type": "llama"}), parse_float=str)).shapes()
    dice = random.Random(seed)
    tensors = []
    for name, shape in (shapes | (extra or {})).items():
        if name not in drop:
            tensor = Tensor(name, dtype, shape)
            tensors.append((tensor, b"".join(number(dice.gauss(0, 0.5), dtype) for _ in range(tensor.elements))))
    for at in range(files):
        part = tensors[at::files]
        name = "model.safetensors" if files == 1 else f"model-{at + 1:05d}-of-{files:05d}.safetensors"
        raw = header([tensor for tensor, _ in part], {"format": "pt"}) + b"".join(data for _, data in part)
        (folder / name).write_bytes(raw)
    return folder


def number(value, dtype):
    if dtype == "BF16":
        return struct.pack("<f", value)[2:]
    return struct.pack({"F32": "<f", "F16": "<e", "F64": "<d"}[dtype], value)


def said(model, prompt, most, *stop, **changes):
    return model.generate([Prompt(prompt)], Sampling(max_tokens=most, stop=stop, **changes))[0]


def scored(folder, **options):
    return run(BENCHMARK, load_llama(folder), environment=environment(), **options)


def test_the_alphabet_model_scores_as_it_was_made_to(clean):
    answers = []
    outcome = scored(clean, on_answer=answers.append)
    missed = {item.input[-1] for item, answer in zip(BENCHMARK.items, answers, strict=True) if answer.score == "0"}
    assert missed == set(_bigram.WRONG)
    assert outcome.predicate["metrics"][0]["value"] == "0.866667"
    assert outcome.told_apart is True
    assert outcome.predicate["environment"]["numpy"] == numpy.__version__


def test_the_same_model_gives_the_same_root_and_is_named_by_its_dirhash(clean):
    one, other = scored(clean), scored(clean)
    assert result.agreed(one.predicate) == result.agreed(other.predicate)
    statement = Statement.parse(assess(open_local(clean)).statement)
    assert one.predicate["model"]["dirhash"] == statement.dirhash


def test_the_repaired_model_answers_as_the_clean_one(clean, tmp_path):
    model = tmp_path / "model"
    examples.build("llama2-finetune-mit", model)
    with pytest.raises(EvaluationError, match="no safetensors") as caught:
        load_llama(model)
    assert "assay fix" in caught.value.hint()
    fix_folder(model, assess(open_local(model)).predicate, target=tmp_path / "fixed")
    assert scored(tmp_path / "fixed").predicate["samples"] == scored(clean).predicate["samples"]


@pytest.mark.parametrize("seed", range(3))
def test_a_random_model_scores_near_zero_and_does_not_look_good(tmp_path, seed):
    outcome = scored(small(tmp_path / "model", seed=seed))
    assert outcome.measured.estimate.value < 0.1
    assert outcome.told_apart is False


def test_no_socket_is_opened(clean, monkeypatch):
    def refused(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)
    scored(clean)


def plainly(model, tokens):
    """Compute the logits with loops over heads, positions and halves, in 64-bit floats."""
    config = model.config
    weights = {name: numpy.asarray(value, dtype=numpy.float64) for name, value in model.weights.items()}

    def normed(vector, weight):
        return vector / numpy.sqrt((vector**2).mean() + config.epsilon) * weight

    def turned(vector, position):
        half = config.head_width // 2
        out = vector.copy()
        for at in range(half):
            angle = position * config.theta ** (-2 * at / config.head_width)
            left, right = vector[at], vector[at + half]
            out[at] = left * numpy.cos(angle) - right * numpy.sin(angle)
            out[at + half] = right * numpy.cos(angle) + left * numpy.sin(angle)
        return out

    hidden = [weights["model.embed_tokens.weight"][token] for token in tokens]
    for layer in (f"model.layers.{number}." for number in range(config.layers)):
        w = {name.removeprefix(layer): value for name, value in weights.items() if name.startswith(layer)}
        states = [normed(one, w["input_layernorm.weight"]) for one in hidden]
        for at in reversed(range(len(tokens))):
            mixed = []
            for head in range(config.heads):
                own = slice(head * config.head_width, (head + 1) * config.head_width)
                group = head // (config.heads // config.kv_heads)
                shared = slice(group * config.head_width, (group + 1) * config.head_width)
                query = turned((w["self_attn.q_proj.weight"] @ states[at])[own], at)
                keys = [turned((w["self_attn.k_proj.weight"] @ states[to])[shared], to) for to in range(at + 1)]
                values = [(w["self_attn.v_proj.weight"] @ states[to])[shared] for to in range(at + 1)]
                marks = numpy.exp([query @ key / numpy.sqrt(config.head_width) for key in keys])
                mixed.append(sum(mark * value for mark, value in zip(marks / marks.sum(), values, strict=True)))
            hidden[at] = hidden[at] + w["self_attn.o_proj.weight"] @ numpy.concatenate(mixed)
        for at, one in enumerate(hidden):
            state = normed(one, w["post_attention_layernorm.weight"])
            gate = w["mlp.gate_proj.weight"] @ state
            inner = gate / (1 + numpy.exp(-gate)) * (w["mlp.up_proj.weight"] @ state)
            hidden[at] = one + w["mlp.down_proj.weight"] @ inner
    head = weights["model.embed_tokens.weight" if config.tied else "lm_head.weight"]
    return head @ normed(hidden[-1], weights["model.norm.weight"])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tie_word_embeddings": True},
        {"num_key_value_heads": 1, "head_dim": 6},
        {"num_key_value_heads": 4, "rope_theta": 500.5},
        {"rope_parameters": {"rope_type": "default", "rope_theta": 700.0}},
    ],
)
@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_the_arithmetic_is_that_of_the_plain_loops(tmp_path, changes, dtype):
    model = load_llama(small(tmp_path / "model", dtype=dtype, **changes))
    tokens = [72, 101, 108, 108, 111]
    assert numpy.allclose(model.logits(tokens), plainly(model, tokens), rtol=1e-4, atol=1e-4)


def test_a_model_in_shards_is_the_same_model(tmp_path):
    whole, parts = (load_llama(small(tmp_path / str(files), files=files)) for files in (1, 3))
    assert numpy.array_equal(whole.logits([1, 2, 3]), parts.logits([1, 2, 3]))
    assert whole.weights_digest != parts.weights_digest


def test_generation_ends_at_a_stop_text_the_end_token_or_the_length(clean):
    model = load_llama(clean)
    assert said(model, "a", 3)[:4] == ("bcd", "length", 1, 3)
    assert said(model, "a", 9, "d")[:4] == ("bc", "stop", 1, 3)
    assert said(model, "\x01", 9)[:4] == ("\x02", "end", 1, 1)


def test_what_is_kept_of_earlier_tokens_changes_no_logit(tmp_path):
    model = load_llama(small(tmp_path / "model"))
    tokens = [72, 101, 108, 108, 111, 32]
    past = Past(model.config, len(tokens))
    stepwise = [model._all_logits([token], past)[0] for token in tokens]
    assert numpy.allclose(stepwise, model._all_logits(tokens, Past(model.config, len(tokens))), rtol=1e-4, atol=1e-4)
    assert numpy.allclose(stepwise[-1], model.logits(tokens), rtol=1e-4, atol=1e-4)


def test_likelihoods_are_those_of_the_logits(tmp_path):
    model = load_llama(small(tmp_path / "model"))
    tokens = model.tokenizer.encode("Hello")
    expected = 0.0
    for at in (3, 4):
        logits = model.logits(tokens[:at]).astype(float)
        expected += logits[tokens[at]] - numpy.log(numpy.exp(logits).sum())
    found = model.loglikelihood([(Prompt("Hel"), "lo"), (Prompt("Hel"), "é")])
    assert found[0].value == pytest.approx(expected, abs=1e-4)
    assert "no token for 'é'" in found[1].error


def test_what_is_drawn_follows_the_seed_and_nothing_else(tmp_path):
    model = load_llama(small(tmp_path / "model"))
    sampling = Sampling("sampled", 8, temperature="1.5", top_p="0.9")
    prompts = [Prompt("Hello", seed=seed) for seed in (1, 2, 1)]
    one, other, again = (answer.text for answer in model.generate(prompts, sampling))
    assert one == again != other
    assert model.generate(prompts[1:2], sampling)[0].text == other
    cold = Sampling("sampled", 8, temperature="0.0001")
    assert model.generate(prompts[:1], cold)[0].text == said(model, "Hello", 8).text


def test_draws_come_as_often_as_their_probability_says():
    logits = numpy.log(numpy.array([0.5, 0.3, 0.15, 0.05]))
    drawn = [choose(logits, Sampling("sampled"), seed, 0) for seed in range(4000)]
    assert [drawn.count(token) / 4000 for token in range(4)] == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)
    kept = {choose(logits, Sampling("sampled", top_p="0.7"), seed, 0) for seed in range(500)}
    assert kept == {0, 1}


@pytest.mark.parametrize(("prompt", "says"), [("", "0 tokens"), ("x" * 256, "does not fit"), ("é", "no token for 'é'")])
def test_prompts_that_cannot_be_answered_are_said(clean, prompt, says):
    found = said(load_llama(clean), prompt, 1)
    assert says in found.error
    assert found.stop_reason == "error"


def test_weights_that_give_no_number_are_said(tmp_path):
    folder = small(tmp_path / "model")
    file = folder / "model.safetensors"
    raw = file.read_bytes()
    file.write_bytes(raw[:-4] + struct.pack("<f", float("nan")))
    model = load_llama(folder)
    assert "no finite number" in said(model, "a", 1).error
    assert "no finite number" in model.loglikelihood([(Prompt("a"), "b")])[0].error


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model_type": "mamba"}, "model_type"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"rope_scaling": {"type": "linear"}}, "rope_scaling"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"attention_bias": True}, "attention_bias"),
        ({"vocab_size": "many"}, "vocab_size"),
        ({"hidden_size": 0}, "hidden_size"),
        ({"hidden_size": None}, "hidden_size"),
        ({"num_hidden_layers": 10_000}, "num_hidden_layers"),
        ({"num_key_value_heads": 3}, "cannot share"),
        ({"head_dim": 3}, "cannot share"),
        ({"rms_norm_eps": -1}, "rms_norm_eps"),
        ({"rms_norm_eps": "small"}, "rms_norm_eps"),
        ({"tie_word_embeddings": "yes"}, "tie_word_embeddings"),
        ({"rope_parameters": {"rope_type": "llama3"}}, "rope_parameters"),
        ({"hidden_size": 100_000, "intermediate_size": 100_000}, "more than"),
        ({"intermediate_size": 64}, "by config.json"),
        ({"num_hidden_layers": 2}, "is missing"),
    ],
)
def test_configs_that_are_not_understood_are_refused(clean, changes, says):
    (clean / "config.json").write_text(json.dumps(CONFIG | changes))
    with pytest.raises(EvaluationError, match=says):
        load_llama(clean)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"drop": ["model.norm.weight"]}, "model.norm.weight is missing"),
        ({"extra": {"vision.weight": (4, 4)}}, "nothing that a plain Llama has"),
        ({"dtype": "F64"}, "F32, F16 and BF16"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path, options, says):
    with pytest.raises(EvaluationError, match=says):
        load_llama(small(tmp_path / "model", **options))


def test_the_table_that_old_checkpoints_carry_is_ignored(tmp_path):
    load_llama(small(tmp_path / "model", extra={"model.layers.0.self_attn.rotary_emb.inv_freq": (2,)}))


def test_a_tensor_in_two_files_is_refused(tmp_path):
    folder = small(tmp_path / "model")
    (folder / "again.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(EvaluationError, match="stands in two files"):
        load_llama(folder)


def test_malformed_weights_are_refused(tmp_path):
    examples.build("malformed-safetensors", tmp_path / "model")
    (tmp_path / "model" / "tokenizer.json").write_text(_bigram.tokenizer())
    with pytest.raises(EvaluationError, match="not a well formed safetensors file"):
        load_llama(tmp_path / "model")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": {"type": "BPE", "vocab": {"a": 0, "bc": 1}, "merges": []}}, "single characters"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}, "merges is set"),
        ({"normalizer": {"type": "Lowercase"}}, "normalizer is set"),
        ({"added_tokens": [{"id": 1}]}, "single characters"),
        ({"model": {"vocab": {"a": 0, "b": 0}}}, "number its tokens"),
        ({"model": {"vocab": {"a": 500}}}, "number its tokens"),
        ({"model": {"vocab": {}}}, "number its tokens"),
        ({"model": None}, "no vocabulary"),
    ],
)
def test_other_tokenizers_are_refused(clean, change, says):
    document = json.loads(_bigram.tokenizer()) | change
    (clean / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(EvaluationError, match=says):
        load_llama(clean)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("config.json", None, "has no config.json"),
        ("config.json", "[]", "no JSON object"),
        ("config.json", "{", "not JSON"),
        ("config.json", '{"model_type": "llama", "model_type": "llama"}', "twice"),
        ("tokenizer.json", None, "has no tokenizer.json"),
    ],
)
def test_files_that_are_missing_or_broken_are_said(clean, name, content, says):
    (clean / name).unlink()
    if content is not None:
        (clean / name).write_text(content)
    with pytest.raises(EvaluationError, match=says):
        load_llama(clean)


def test_a_folder_that_is_not_there_and_a_missing_numpy_are_said(tmp_path, clean, monkeypatch):
    with pytest.raises(SourceError, match="does not exist"):
        load_llama(tmp_path / "nothing")
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtraError) as caught:
        load_llama(clean)
    assert "assay-hub[eval]" in caught.value.hint()
