"""Transformers models answer as their own library has them answer, and alike in every batch of one."""

from __future__ import annotations

import importlib.util
import json

import pytest

from assay.errors import EvaluationError
from assay.evals import environment, run, shipped
from assay.evals.models import Prompt, Turn
from assay.evals.models.llama_numpy import load_llama
from assay.evals.sampling import Sampling
from assay.examples import build

GREEDY = Sampling(max_tokens=6)
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


@pytest.fixture(scope="module")
def parts(require):
    present = all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))
    require("transformers", present, "torch and transformers are not installed")
    from assay.evals.models import transformers_local  # noqa: PLC0415

    transformers_local.prepare(1)
    return transformers_local


@pytest.fixture
def clean(tmp_path):
    build("apache-clean", tmp_path / "clean")
    return tmp_path / "clean"


@pytest.fixture
def small(tmp_path, parts):
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers  # noqa: PLC0415

    folder = tmp_path / "small"
    words = Tokenizer(models.BPE(unk_token="<u>"))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<u>", "<e>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    words.train_from_iterator(["the cat sat on the mat and the dog ran"], trainer)
    from tokenizers import decoders  # noqa: PLC0415

    words.decoder = decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<e>", unk_token="<u>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(words.get_vocab()), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=128, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def test_the_same_weights_give_the_same_root_as_the_numpy_runner(clean, parts):
    suite = shipped("next-letter")
    ours = run(suite, load_llama(clean), environment=environment())
    theirs = run(suite, parts.load_transformers(clean), environment=environment(), batch_size=7)
    assert theirs.predicate["samples"]["merkle_root"] == ours.predicate["samples"]["merkle_root"]
    assert theirs.predicate["samples"]["log_digest"] == ours.predicate["samples"]["log_digest"]
    assert theirs.predicate["model"]["weights_digest"] == ours.predicate["model"]["weights_digest"]
    assert theirs.predicate["environment"]["torch"]


def test_answers_are_those_of_the_library_and_of_every_batch(small, parts):
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    model = parts.load_transformers(small)
    texts = ["the cat", "the dog ran on the mat and", "a"]
    batch = model.generate([Prompt(text) for text in texts], GREEDY)
    alone = [model.generate([Prompt(text)], GREEDY)[0] for text in texts]
    assert batch == alone
    network = transformers.LlamaForCausalLM.from_pretrained(small)
    tokenizer = transformers.AutoTokenizer.from_pretrained(small)
    for text, found in zip(texts, alone, strict=True):
        asked = tokenizer(text, return_tensors="pt").input_ids
        made = network.generate(asked, attention_mask=torch.ones_like(asked), do_sample=False, max_new_tokens=6)
        assert found.text == tokenizer.decode(made[0, asked.shape[1] :], skip_special_tokens=True)
        assert found.tokens_in == asked.shape[1]


def test_stop_texts_cut_and_what_is_drawn_follows_the_seed(small, parts):
    model = parts.load_transformers(small)
    text = model.generate([Prompt("the cat")], Sampling(max_tokens=20))[0].text
    mark = text[3:5]
    assert model.generate([Prompt("the cat")], Sampling(max_tokens=20, stop=(mark,)))[0].text == text[: text.find(mark)]
    sampling = Sampling("sampled", 8, temperature="2")
    one, other, again = model.generate([Prompt("the cat", seed=seed) for seed in (1, 2, 1)], sampling)
    assert one == again != other


def test_likelihoods_are_those_of_the_library(small, parts):
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    found = parts.load_transformers(small).loglikelihood([(Prompt("the cat"), " sat on"), (Prompt(""), "x")])
    tokenizer = transformers.AutoTokenizer.from_pretrained(small)
    whole, asked = tokenizer("the cat sat on").input_ids, tokenizer("the cat").input_ids
    with torch.inference_mode():
        logits = transformers.LlamaForCausalLM.from_pretrained(small)(torch.tensor([whole])).logits[0].log_softmax(-1)
    expected = sum(float(logits[at - 1, whole[at]]) for at in range(len(asked), len(whole)))
    assert found[0].value == pytest.approx(expected, abs=1e-4)
    assert "nothing stands before" in found[1].error


def test_a_chat_is_asked_by_the_models_own_template(small, parts):
    model = parts.load_transformers(small, chat=True)
    assert model.facts["chat_template_digest"]
    asked = Prompt("x", (Turn("system", "the cat"), Turn("user", "sat")))
    plain = parts.load_transformers(small).generate([Prompt("system: the cat\nuser: sat\nassistant:")], GREEDY)
    assert model.generate([asked], GREEDY) == plain
    (small / "chat_template.jinja").write_text("{{ raise_exception('no') }}")
    assert "chat template fails" in parts.load_transformers(small, chat=True).generate([asked], GREEDY)[0].error


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "model.safetensors").rename(folder / "weights.bin"), "no safetensors"),
        (lambda folder: (folder / "config.json").write_text("{}"), "names no causal"),
        (lambda folder: (folder / "config.json").write_text('{"architectures": ["NoSuchForCausalLM"]}'), "not in the"),
    ],
)
def test_what_cannot_be_run_is_said(small, parts, spoil, says):
    spoil(small)
    with pytest.raises(EvaluationError, match=says):
        parts.load_transformers(small)


def test_code_of_the_repo_is_never_run(small, parts, tmp_path):
    config = json.loads((small / "config.json").read_text())
    (small / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    config["auto_map"] = {
        "AutoModelForCausalLM": "own.Own",
        "AutoConfig": "own.Own",
        "AutoTokenizer": ["own.Own", None],
    }
    (small / "config.json").write_text(json.dumps(config))
    parts.load_transformers(small)
    assert not (tmp_path / "ran").exists()
