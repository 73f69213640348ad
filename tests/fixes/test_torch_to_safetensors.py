"""Checkpoints become safetensors without being loaded; what cannot come along is said, and never a tensor."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.checkpoints import (
    checkpoint,
    dictionary,
    ordered,
    parameter,
    sizes,
    storage,
    tensor,
    tensor_v3,
)
from tests.make.pickle_parts import NONE, POP, TRUE, built, call, group, listed, mapped, named, number, text

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.safetensors_file import read_index
from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.errors import FixError, ReadError
from assay.fixes import fix_folder
from assay.fixes._torch_checkpoint import read_checkpoint
from assay.statements.predicates import conversion

SIX = struct.pack("<6f", *range(6))
SHELL = call(named("posix", "system"), text("true"))


def fixed(folder, raw, name="pytorch_model.bin"):
    """Repair a folder with one checkpoint and return the report."""
    model = folder / "model"
    model.mkdir()
    (model / name).write_bytes(raw)
    return repaired(model)


def repaired(model, **options):
    predicate = assess(open_local(model)).predicate
    return fix_folder(model, predicate, target=model.with_name("out"), **options)


def tensors(file):
    blob = BytesBlob(file.read_bytes())
    return {
        tensor.name: (tensor.dtype, tensor.shape, blob.read_at(offset, tensor.nbytes))
        for tensor, offset in read_index(blob, Budget())
    }


def why_not(raw):
    with pytest.raises((FixError, ReadError)) as caught:
        read_checkpoint(BytesBlob(raw), "x.bin", Budget())
    return str(caught.value)


def test_tensors_move_and_the_shell_call_stays_behind(tmp_path):
    report = fixed(
        tmp_path, checkpoint(SHELL + POP + ordered(weight=tensor(), bias=tensor(shape=(3,), strides=(1,))), [SIX])
    )
    assert report.refused == ()
    assert sorted(file.name for file in report.target.iterdir()) == ["model.safetensors"]
    assert tensors(report.target / "model.safetensors") == {
        "bias": ("F32", (3,), SIX[:12]),
        "weight": ("F32", (2, 3), SIX),
    }
    (change,) = report.changes
    assert [item.what for item in change.dropped] == ['call of posix.system with ["true"]']
    assert "archive/data.pkl, offset" in change.dropped[0].where
    again = assess(open_local(report.target)).predicate
    assert not any(one["outcome"] == "fail" for one in again["findings"] if one["axis"] == "secure")


def test_the_conversion_is_a_valid_statement_with_digests_on_both_sides(tmp_path):
    raw = checkpoint(ordered(weight=tensor()), [SIX])
    (predicate,) = fixed(tmp_path, raw).conversions
    conversion.validate(predicate)
    written = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert predicate["inputs"] == [{"path": "pytorch_model.bin", "sha256": hashlib.sha256(raw).hexdigest()}]
    assert predicate["outputs"] == [{"path": "model.safetensors", "sha256": hashlib.sha256(written).hexdigest()}]
    digest = hashlib.sha256(b'{"dtype":"F32","shape":[2,3]}' + SIX).hexdigest()
    assert predicate["tensors"] == [
        {"name": "weight", "dtype": "F32", "shape": [2, 3], "digest_before": digest, "digest_after": digest}
    ]


def test_views_strides_and_shared_storage_are_written_out(tmp_path):
    body = dictionary(
        turned=tensor(shape=(3, 2), strides=(1, 3)),
        tail=tensor(offset=4, shape=(2,), strides=(1,)),
        widened=tensor(shape=(2, 3), strides=(0, 1)),
        scalar=tensor(offset=5, shape=(), strides=()),
        empty=tensor(shape=(0, 5), strides=(5, 1)),
        learned=parameter(tensor(shape=(6,), strides=(1,))),
    )
    found = tensors(fixed(tmp_path, checkpoint(body, [SIX])).target / "model.safetensors")
    values = {name: struct.unpack(f"<{len(data) // 4}f", data) for name, (_, _, data) in found.items()}
    assert values == {
        "turned": (0, 3, 1, 4, 2, 5),
        "tail": (4, 5),
        "widened": (0, 1, 2, 0, 1, 2),
        "scalar": (5,),
        "empty": (),
        "learned": (0, 1, 2, 3, 4, 5),
    }
    assert found["scalar"][1] == ()


@pytest.mark.parametrize(
    ("kind", "dtype", "width"),
    [("DoubleStorage", "F64", 8), ("HalfStorage", "F16", 2), ("BFloat16Storage", "BF16", 2), ("LongStorage", "I64", 8),
     ("IntStorage", "I32", 4), ("ShortStorage", "I16", 2), ("CharStorage", "I8", 1), ("ByteStorage", "U8", 1),
     ("BoolStorage", "BOOL", 1), ("ComplexFloatStorage", "C64", 8), ("cuda.HalfStorage", "F16", 2)],
)  # fmt: skip
def test_every_type_of_storage_keeps_its_bytes(tmp_path, kind, dtype, width):
    data = bytes(range(3 * width))
    body = ordered(t=tensor(kind, count=3, shape=(3,), strides=(1,)))
    found = tensors(fixed(tmp_path, checkpoint(body, [data])).target / "model.safetensors")
    assert found == {"t": (dtype, (3,), data)}


@pytest.mark.parametrize(
    ("torch", "dtype", "width"), [("uint16", "U16", 2), ("float8_e4m3fn", "F8_E4M3", 1), ("float32", "F32", 4)]
)
def test_untyped_storages_take_the_type_of_the_tensor(tmp_path, torch, dtype, width):
    data = bytes(range(3 * width))
    body = ordered(t=tensor_v3(torch, nbytes=3 * width))
    found = tensors(fixed(tmp_path, checkpoint(body, [data])).target / "model.safetensors")
    assert found == {"t": (dtype, (3,), data)}


def test_dictionaries_flatten_and_plain_values_lie_beside(tmp_path):
    inner = dictionary(weight=tensor(), steps=number(7), nothing=NONE, sure=TRUE)
    body = dictionary(model=inner, note=text("hi"), sizes=call(named("torch", "Size"), sizes((1, 2))))
    report = fixed(tmp_path, checkpoint(body, [SIX]), "run.pt")
    assert set(tensors(report.target / "run.safetensors")) == {"model.weight"}
    assert json.loads((report.target / "run.other.json").read_text()) == {
        "model.nothing": None, "model.steps": 7, "model.sure": True, "note": "hi", "sizes": [1, 2],
    }  # fmt: skip
    assert report.changes[0].adds == ("run.safetensors", "run.other.json")


def test_objects_attributes_and_odd_keys_are_named_as_left_out(tmp_path):
    body = built(
        ordered(w=tensor(), path=call(named("pathlib", "PurePath"), text("x")), kind=named("torch", "float32")),
        dictionary(_metadata=ordered(version=number(1))),
    )
    body = dictionary(state=body) + b"(" + TRUE + number(4) + b"u"
    (change,) = fixed(tmp_path, checkpoint(body, [SIX], after=b"\x80\x02N.")).changes
    assert sorted(item.what for item in change.dropped) == [
        "a value whose key is no text",
        "an object made by pathlib.PurePath",
        "attributes of the dictionary at state",
        'call of pathlib.PurePath with ["x"]',
        "the name torch.float32",
        "what follows the first pickle",
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (mapped(TRUE, tensor()), "would be lost"),
        (dictionary(x=call(named("other", "make"), tensor())), "would be lost"),
        (dictionary(x=call(named("torch._utils", "_rebuild_qtensor"), number(1))), "would be lost"),
        (dictionary(x=storage("FloatStorage", "0", 6)), "would be lost"),
        (built(ordered(w=tensor()), dictionary(hidden=tensor())), "would be lost"),
        (tensor(), "no dictionary of tensors but an object made by torch._utils._rebuild_tensor_v2"),
        (call(named("torch.nn", "Linear"), number(1)), "but an object made by torch.nn.Linear"),
        (listed(tensor()), "no dictionary of tensors but a collection"),
        (dictionary(x=number(1)), "holds no tensors"),
        (dictionary(a=tensor(more=(dictionary(conj=TRUE),))), "lazy conjugate"),
        (dictionary(a=tensor(count=7)), "not as its pickle says"),
        (dictionary(a=tensor(offset=1)), "beyond its storage"),
        (dictionary(a=tensor(offset=-1)), "make no sense"),
        (dictionary(a=tensor(strides=(-1, 1))), "make no sense"),
        (dictionary(a=tensor(shape=(2,))), "make no sense"),
        (dictionary(a=tensor(key="9")), "'data/9' is missing"),
        (dictionary(a=tensor("QInt8Storage")), "has no type"),
        (dictionary(a=tensor("ComplexDoubleStorage", count=1)), "has no type"),
        (dictionary(a=tensor_v3("complex128", nbytes=24)), "has no type for torch.complex128"),
        (dictionary(a=tensor(shape=(1 << 30, 1 << 20), strides=(0, 0))), "far larger"),
        (dictionary(__metadata__=tensor()), "could be called"),
        (mapped(text("a.b"), tensor(), text("a"), dictionary(b=tensor())), "could be called"),
        (dictionary(a=parameter(NONE)), "parameter"),
        (dictionary(a=call(named("torch._utils", "_rebuild_tensor_v2"), NONE)), "not described as torch does"),
        (dictionary(a=call(named("torch._utils", "_rebuild_tensor_v2"), *[NONE] * 6)), "named in an unknown way"),
    ],
)  # fmt: skip
def test_what_would_lose_or_change_a_tensor_is_refused(body, says):
    assert says in why_not(checkpoint(body, [SIX]))


def test_archives_that_are_not_as_torch_writes_them_are_refused():
    body = ordered(w=tensor())
    assert "big-endian" in why_not(checkpoint(body, [SIX], order=b"big"))
    assert "is not stored" in why_not(checkpoint(body, [SIX], method=zipfile.ZIP_DEFLATED))
    assert "read in two ways" in why_not(b"prefix" + checkpoint(body, [SIX]))
    assert "pickle cannot be read" in why_not(checkpoint(b"R", [SIX]))
    assert "no end record" in why_not(checkpoint(body, [SIX])[:-30])
    nested = number(1)
    for _ in range(40):
        nested = listed(nested)
    assert "nests too deep" in why_not(checkpoint(dictionary(x=nested, w=tensor()), [SIX]))


def test_the_absence_of_a_byte_order_means_little_endian():
    found = read_checkpoint(BytesBlob(checkpoint(ordered(w=tensor()), [SIX], order=None)), "x", Budget())
    assert len(found.tensors) == 1


def test_an_archive_of_another_kind_is_left_alone(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    with zipfile.ZipFile(model / "notes.zip", "w") as archive:
        archive.writestr("notes.txt", "nothing here")
    report = repaired(model)
    assert (report.changes, report.refused, report.target) == ((), (), None)


def test_a_pickle_that_is_no_zip_is_refused_with_a_reason(tmp_path):
    report = fixed(tmp_path, b"\x80\x02" + dictionary(a=number(1)) + b".")
    assert report.target is None
    assert "another kind" in report.refused[0].why


def shards(model, *bodies):
    model.mkdir()
    mapping = {}
    for at, body in enumerate(bodies, 1):
        name = f"pytorch_model-{at:05d}-of-{len(bodies):05d}.bin"
        (model / name).write_bytes(checkpoint(body, [SIX]))
        mapping[f"t{at}"] = name
    (model / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": mapping}))


def test_shards_and_their_index_move_together(tmp_path):
    shards(tmp_path / "model", ordered(t1=tensor()), ordered(t2=tensor()))
    report = repaired(tmp_path / "model")
    assert report.refused == ()
    assert sorted(file.name for file in report.target.iterdir()) == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
    ]  # fmt: skip
    index = json.loads((report.target / "model.safetensors.index.json").read_text())
    assert index["weight_map"] == {
        "t1": "model-00001-of-00002.safetensors",
        "t2": "model-00002-of-00002.safetensors",
    }


def test_one_bad_shard_keeps_the_whole_set_as_it_is(tmp_path):
    shards(tmp_path / "model", ordered(t1=tensor()), listed(tensor()))
    report = repaired(tmp_path / "model")
    assert (report.changes, report.target) == ((), None)
    assert any("belongs to a set" in refusal.why for refusal in report.refused)


def test_an_index_that_makes_no_sense_is_refused(tmp_path):
    shards(tmp_path / "model", ordered(t1=tensor()))
    (tmp_path / "model" / "pytorch_model.bin.index.json").write_text("[1")
    report = repaired(tmp_path / "model")
    assert [refusal.file for refusal in report.refused] == ["pytorch_model.bin.index.json"]


def test_a_name_that_is_taken_is_not_overwritten(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    raw = checkpoint(ordered(w=tensor()), [SIX])
    for name in ("pytorch_model.bin", "model.bin"):
        (model / name).write_bytes(raw)
    report = repaired(model, dry_run=True)
    assert [change.replaces for change in report.changes] == ["model.bin"]
    assert report.refused[0].why == "model.safetensors is there already"


BASE = checkpoint(SHELL + POP + ordered(weight=tensor(), other=dictionary(n=number(1))), [SIX])


@settings(max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_damage_ends_in_a_refusal_or_in_tensors_within_the_file(changes):
    raw = bytearray(BASE)
    for at, value in changes:
        raw[at] = value
    try:
        found = read_checkpoint(BytesBlob(bytes(raw)), "x.bin", Budget())
    except (FixError, ReadError):
        return
    for one in found.tensors if found else ():
        assert 0 <= one.start <= one.start + one.extent <= len(raw)


@given(st.binary(max_size=300))
def test_any_pickle_in_a_checkpoint_ends_in_a_refusal_or_in_tensors(body):
    try:
        read_checkpoint(BytesBlob(checkpoint(body, [SIX])), "x.bin", Budget())
    except (FixError, ReadError):
        return


def test_a_group_is_no_dictionary():
    assert "a collection" in why_not(checkpoint(group(tensor()), [SIX]))
