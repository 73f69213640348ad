"""ONNX graphs answer as the numpy runner of the same weights does, one prompt at a time."""

from __future__ import annotations

import importlib.util
import json

import pytest

from assay.errors import EvaluationError
from assay.evals.models import Prompt
from assay.evals.sampling import Sampling

LETTERS = "abcdefgh"


@pytest.fixture
def folder(tmp_path, require):
    present = all(importlib.util.find_spec(name) is not None for name in ("onnx", "onnxruntime", "numpy"))
    require("onnx", present, "onnx and onnxruntime are not installed")
    import numpy  # noqa: PLC0415, ICN001
    import onnx  # noqa: PLC0415
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    size = len(LETTERS)
    table = numpy.full((size, size), -2.0, numpy.float32)
    for at in range(size):
        table[at, (at + 1) % size] = 3.0
    past = ["batch", 2, "past", 4]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["logits"]),
            helper.make_node("Identity", ["past_key_values.0.key"], ["present.0.key"]),
        ],
        "bigram",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "whole"]),
            helper.make_tensor_value_info("past_key_values.0.key", TensorProto.FLOAT, past),
        ],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", size]),
            helper.make_tensor_value_info("present.0.key", TensorProto.FLOAT, past),
        ],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "model.onnx")
    vocab = {letter: at for at, letter in enumerate(LETTERS)}
    (tmp_path / "tokenizer.json").write_text(
        json.dumps(
            {
                "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
                "pre_tokenizer": None, "post_processor": None, "decoder": {"type": "Fuse"},
                "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                          "end_of_word_suffix": None, "fuse_unk": False, "vocab": vocab, "merges": []},
            }
        )
    )  # fmt: skip
    (tmp_path / "config.json").write_text(
        json.dumps({"max_position_embeddings": 16, "eos_token_id": 7, "vocab_size": size})
    )
    return tmp_path


def test_it_goes_on_rates_and_stops(folder):
    from assay.evals.models.onnx_local import load_onnx  # noqa: PLC0415

    model = load_onnx(folder)
    assert model.facts["format"] == "onnx"
    assert len(model.facts["weights_digest"]) == 64
    said = model.generate([Prompt("ab"), Prompt("f"), Prompt("a" * 20)], Sampling(max_tokens=3))
    assert said[0][:4] == ("cde", "length", 2, 3)
    assert said[1][:4] == ("g", "end", 1, 1)
    assert "does not fit" in said[2].error
    assert model.generate([Prompt("a")], Sampling(max_tokens=5, stop=("d",)))[0].text == "bc"
    likely, unlikely, nothing = model.loglikelihood([(Prompt("ab"), "c"), (Prompt("ab"), "d"), (Prompt(""), "c")])
    assert likely.value - unlikely.value == pytest.approx(5, abs=1e-5)
    assert "nothing stands before" in nothing.error


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "model.onnx").unlink(), "no model.onnx"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"junk"), "cannot load"),
        (lambda folder: (folder / "config.json").write_text("[]"), "no JSON object"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), r"tokenizer\.json cannot be read"),
    ],
)
def test_what_cannot_be_run_is_said(folder, spoil, says):
    from assay.evals.models.onnx_local import load_onnx  # noqa: PLC0415

    spoil(folder)
    with pytest.raises(EvaluationError, match=says):
        load_onnx(folder)
