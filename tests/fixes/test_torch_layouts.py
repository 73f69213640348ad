"""Layouts beside the plain dictionary in a zip: legacy files, whole modules, lists and numbered entries."""

from __future__ import annotations

import json
import struct

import pytest
from tests.fixes.test_torch_to_safetensors import SHELL, SIX, fixed, tensors
from tests.make.archives import tar_file
from tests.make.checkpoints import checkpoint, dictionary, ordered, sizes, tensor
from tests.make.pickle_parts import FALSE, NONE, TRUE, built, call, group, listed, mapped, named, number, text

START = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + b"\x80\x02M\xe9\x03."


def legacy(body, storages, *, little=TRUE):
    """Return an old file: magic, version, system, object, keys, numbers."""
    system = mapped(text("protocol_version"), number(1001), text("little_endian"), little)
    out = START + b"\x80\x02" + system + b"." + b"\x80\x02" + body + b"."
    out += b"\x80\x02" + listed(*map(text, storages)) + b"."
    for count, data in storages.values():
        out += struct.pack("<q", count) + data
    return out


def old_tensor(kind="FloatStorage", key="0", count=6, *, shape=(2, 3), strides=(3, 1), view=NONE):
    storage = group(text("storage"), named("torch", kind), text(key), text("cpu"), number(count), view) + b"Q"
    return call(
        named("torch._utils", "_rebuild_tensor_v2"), storage, number(0), sizes(shape), sizes(strides), FALSE,
        named("collections", "OrderedDict") + b")R",
    )  # fmt: skip


def module(**state):
    return built(call(named("torch.nn.modules.linear", "Linear")), dictionary(**state))


def test_an_old_file_becomes_safetensors(tmp_path):
    body = ordered(w=old_tensor(), n=old_tensor("LongStorage", "1", 2, shape=(2,), strides=(1,)))
    report = fixed(tmp_path, legacy(body, {"0": (6, SIX), "1": (2, bytes(16))}))
    assert [change.adds for change in report.changes] == [("model.safetensors",)]
    found = tensors(report.target / "model.safetensors")
    assert found == {"n": ("I64", (2,), bytes(16)), "w": ("F32", (2, 3), SIX)}


def test_a_call_in_an_old_file_is_left_out_and_named(tmp_path):
    body = dictionary(w=old_tensor(), x=SHELL)
    (change,) = fixed(tmp_path, legacy(body, {"0": (6, SIX)})).changes
    assert 'call of posix.system with ["true"]' in [item.what for item in change.dropped]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (legacy(ordered(w=old_tensor()), {"0": (6, SIX)}, little=FALSE), "little-endian"),
        (legacy(ordered(w=old_tensor()), {"0": (6, SIX)})[:-4], "beyond the end"),
        (legacy(ordered(w=old_tensor()), {"0": (7, SIX + b"0000")}), "not as its pickle says"),
        (legacy(ordered(w=old_tensor()), {"9": (6, SIX)}), "nothing names"),
        (legacy(ordered(w=old_tensor(view=group(text("v"), number(0), number(1)))), {"0": (6, SIX)}), "view"),
        (START, "there are 2 of five"),
    ],
)
def test_a_damaged_old_file_is_refused(tmp_path, raw, says):
    (refused,) = fixed(tmp_path, raw).refused
    assert says in refused.why


def test_a_whole_module_becomes_what_its_state_dict_would_be(tmp_path):
    inner = module(_parameters=ordered(weight=tensor(), bias=NONE), _buffers=ordered(), _modules=ordered())
    body = module(
        training=TRUE,
        _parameters=ordered(),
        _buffers=ordered(mean=tensor(key="1"), gone=tensor(key="1")),
        _non_persistent_buffers_set=call(named("builtins", "set"), listed(text("gone"))),
        _modules=ordered(**{"0": inner}),
    )
    report = fixed(tmp_path, checkpoint(body, [SIX, SIX]))
    assert sorted(tensors(report.target / "model.safetensors")) == ["0.weight", "mean"]
    (change,) = report.changes
    assert any("torch.nn.modules.linear.Linear" in item.what for item in change.dropped)


def test_tensors_in_lists_and_under_numbers_are_named_by_them(tmp_path):
    body = dictionary(stack=listed(tensor(), group(tensor(), number(3))), state=mapped(number(7), tensor()))
    report = fixed(tmp_path, checkpoint(body, [SIX]))
    assert sorted(tensors(report.target / "model.safetensors")) == ["stack.0", "stack.1.0", "state.7"]


def config(content, *, inside=b""):
    """Return settings as OmegaConf pickles them: memoised first, so that what lies within can name them as parent."""
    made = call(named("omegaconf.dictconfig", "DictConfig")) + b"q\x00"
    return built(made, mapped(text("_content"), content, text("_parent"), inside or NONE))


def setting(value, kind="AnyNode"):
    made = call(named("omegaconf.nodes", kind))
    return built(made, mapped(text("_val"), value, text("_parent"), b"h\x00"))


def test_settings_and_other_dressed_values_are_kept_as_plain_ones(tmp_path):
    attributes = (
        call(named("pytorch_lightning.utilities.parsing", "AttributeDict")) + b"(" + text("lr") + number(3) + b"u"
    )
    body = dictionary(
        w=tensor(),
        cfg=config(mapped(text("a"), setting(number(7)), text("b"), setting(text("${a}"), "StringNode"))),
        args=built(call(named("argparse", "Namespace")), mapped(text("seed"), number(1))),
        hyper=attributes,
        path=call(named("pathlib", "PosixPath"), text("/"), text("data"), text("x")),
    )
    report = fixed(tmp_path, checkpoint(body, [SIX]))
    (change,) = report.changes
    assert change.dropped == ()
    kept = json.loads((report.target / change.adds[1]).read_text())
    assert kept == {"cfg.a": 7, "cfg.b": "${a}", "args.seed": 1, "hyper.lr": 3, "path": "/data/x"}


def test_a_tensor_within_settings_is_carried_over_too(tmp_path):
    body = dictionary(cfg=config(mapped(text("w"), tensor())))
    report = fixed(tmp_path, checkpoint(body, [SIX]))
    assert tensors(report.target / "model.safetensors") == {"cfg.w": ("F32", (2, 3), SIX)}


def test_the_first_layout_is_refused_by_its_name(tmp_path):
    names = ("sys_info", "pickle", "storages", "tensors")
    report = fixed(tmp_path, tar_file(*((name, b"\x80\x02K\x01.") for name in names)))
    (refusal,) = report.refused
    assert "before 0.1.10" in refusal.why
    assert "safetensors" in refusal.hint


def test_a_mere_archive_is_none_of_ours(tmp_path):
    assert fixed(tmp_path, tar_file(("pickle", b"x"), ("notes.txt", b"x"))).refused == ()
