"""SEC101: dangerous calls fail whatever they hide behind; what frameworks write does not."""

from __future__ import annotations

import argparse
import array
import collections
import datetime as dt
import decimal
import fractions
import pathlib
import pickle
import uuid

import numpy as np
import pytest
from tests.make.pickle_parts import (
    BUILD,
    EMPTY_DICT,
    EMPTY_LIST,
    EMPTY_TUPLE,
    NEWOBJ,
    NONE,
    POP,
    REDUCE,
    SHELL,
    STATE_DICT,
    TRUE,
    built,
    call,
    data,
    group,
    listed,
    mapped,
    named,
    new,
    number,
    pickled,
    stacked,
    tensor,
    text,
    torch_zip,
)
from tests.make.revisions import judged, revision

from assay.finding import Confidence, Outcome, Severity

FAILING = revision({"pytorch_model.bin": torch_zip(SHELL)})
PASSING = revision({"pytorch_model.bin": torch_zip(STATE_DICT), "old.pkl": pickle.dumps({"plain": [1, 2.5, "x"]})})

_ODICT = named("collections", "OrderedDict")
_SYSTEM = named("posix", "system")


def worst(stream: bytes):
    findings = judged("SEC101", revision({"a.pkl": stream}))
    return findings[0] if findings else None


def test_a_call_is_shown_with_arguments_and_place():
    [finding] = judged("SEC101", FAILING)
    assert (finding.outcome, finding.severity, finding.confidence) == (
        Outcome.FAIL,
        Severity.CRITICAL,
        Confidence.HIGH,
    )
    assert "posix.system('true')" in finding.message
    assert finding.location == f"member archive/data.pkl, offset {len(SHELL) - 2}"
    assert finding.detail["call"] == "posix.system"
    assert finding.detail["arguments"] == ["true"]
    assert finding.detail["offset"] == len(SHELL) - 2


DANGEROUS = {
    "os.system": call(named("os", "system"), text("true")),
    "python 2 name": call(named("__builtin__", "eval"), text("1")),
    "exec": call(named("builtins", "exec"), text("1")),
    "stack global": call(stacked("subprocess", "Popen"), listed(text("true"))),
    "sub-module of a denied one": call(stacked("asyncio.unix_events", "_UnixSubprocessTransport._start"), text("x")),
    "through an allowed module": call(stacked("torch.serialization", "os.system"), text("true")),
    "through a library that is allowed by class": call(stacked("sklearn.utils", "os.system"), text("true")),
    "popped": call(_SYSTEM, text("true")) + POP + NONE,
    "INST": b"(" + text("true") + b"iposix\nsystem\n",
    "OBJ": b"(" + _SYSTEM + text("true") + b"o",
    "NEWOBJ": new(named("subprocess", "Popen"), listed(text("true"))),
    "partial of a shell": call(named("functools", "partial"), _SYSTEM, text("true")),
    "shell as a factory": call(named("collections", "defaultdict"), _SYSTEM),
    "shell in a state": built(call(named("functools", "partial"), named("builtins", "int")), group(_SYSTEM, NONE)),
    "shell rebuilt as a tensor": call(named("torch._tensor", "_rebuild_from_type_v2"), _SYSTEM, NONE, group(), NONE),
    "attribute": call(named("builtins", "getattr"), named("builtins", "object"), text("__subclasses__")),
    "resolver": call(named("pkgutil", "resolve_name"), text("os:system")),
    "installer": call(named("pip", "main"), listed(text("install"))),
    "code object": call(named("types", "CodeType"), number(0)),
    "nested loader": call(named("pickle", "loads"), data(b"x")),
    "torch loader": call(named("torch", "load"), text("x")),
    "socket": call(named("socket", "create_connection"), group(text("x"), number(1))),
}


@pytest.mark.parametrize("stream", DANGEROUS.values(), ids=DANGEROUS.keys())
def test_dangerous_calls_are_critical(stream):
    finding = worst(pickled(stream))
    assert (finding.outcome, finding.severity) == (Outcome.FAIL, Severity.CRITICAL)


UNUSUAL = {
    "codec that is no text encoding": call(named("_codecs", "encode"), text("x"), text("zlib_codec")),
    "tensor over a class": call(
        named("torch._utils", "_rebuild_tensor_v2"), named("collections", "Counter"), number(0), group(), group()
    ),
    "tensor over text": call(named("torch._utils", "_rebuild_tensor_v2"), text("x"), number(0), group(), group()),
    "too few": call(named("torch._utils", "_rebuild_tensor_v2"), number(0)),
    "memory by a number": call(named("builtins", "bytearray"), number(2**31 - 1)),
    "ufunc of another module": call(named("numpy.core", "_ufunc_reconstruct"), text("os"), text("system")),
    "a class is changed": built(_ODICT, mapped(text("update"), number(1))),
    "partial of partial": call(named("functools", "partial"), named("functools", "partial")),
}


@pytest.mark.parametrize("stream", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_arguments_that_no_framework_gives_fail(stream):
    finding = worst(pickled(stream))
    assert (finding.outcome, finding.severity) == (Outcome.FAIL, Severity.HIGH)


def test_an_unlisted_function_fails_with_less_confidence():
    finding = worst(pickled(call(named("mylib.io", "restore"), text("x"))))
    assert (finding.outcome, finding.severity, finding.confidence) == (Outcome.FAIL, Severity.HIGH, Confidence.MEDIUM)


@pytest.mark.parametrize(
    "stream",
    [
        new(named("__main__", "Net")) + EMPTY_DICT + BUILD,
        call(named("copyreg", "_reconstructor"), named("mylib", "Net"), named("builtins", "object"), NONE),
    ],
)
def test_an_unlisted_class_that_is_only_made_is_one_medium_finding(stream):
    [finding] = judged("SEC101", revision({"a.pkl": pickled(stream)}))
    assert (finding.outcome, finding.severity, finding.confidence) == (Outcome.FAIL, Severity.MEDIUM, Confidence.LOW)


def test_a_name_that_is_never_called_is_unknown_or_worse():
    assert worst(pickled(named("mylib", "settings"))).outcome is Outcome.UNKNOWN
    finding = worst(pickled(_SYSTEM))
    assert (finding.outcome, finding.severity) == (Outcome.FAIL, Severity.HIGH)


def test_what_a_call_returns_may_not_be_called():
    finding = worst(pickled(call(call(named("builtins", "object")), text("x"))))
    assert (finding.outcome, finding.severity) == (Outcome.FAIL, Severity.HIGH)


def test_bytes_that_hold_another_pickle_are_unknown():
    finding = worst(pickled(call(named("torch.storage", "_load_from_bytes"), data(b"x"))))
    assert finding.outcome is Outcome.UNKNOWN


def test_a_payload_inside_what_joblib_takes_for_numbers_is_seen():
    payload = call(_SYSTEM, text("true")) + POP
    state = mapped(
        text("subclass"), named("numpy", "ndarray"), text("shape"), group(number(len(payload))), text("dtype"),
        call(named("numpy", "dtype"), text("u1"), TRUE, TRUE),
    )  # fmt: skip
    wrapper = built(new(named("joblib.numpy_pickle", "NumpyArrayWrapper")), state)
    assert worst(pickled(wrapper + payload)).severity is Severity.CRITICAL


def test_a_flood_of_calls_is_bounded_and_the_worst_comes_first():
    flood = b"".join(call(named("mylib", f"f{i}")) + POP for i in range(300))
    findings = judged("SEC101", revision({"a.pkl": pickled(flood, call(_SYSTEM, text("true")))}))
    assert len(findings) == 51
    assert findings[0].severity is Severity.CRITICAL
    assert "251 more" in findings[-1].message


def test_names_that_do_not_print_are_escaped():
    finding = worst(pickled(call(stacked("a\x1b[31m", "b\n"), text("x\x1b"))))
    assert finding.message.isprintable()


PLAIN = [
    None, True, 7, 2**80, 1.5, 1 + 2j, "text", "\u2603" * 300, b"bytes", bytearray(b"x"), (1, (2,)), [1, [2]],
    {"a": {"b": [1]}}, {1, 2}, frozenset({3}), range(5), slice(1, 2), Ellipsis, NotImplemented, list(range(500)),
    [bytes([i]) for i in range(20)], collections.OrderedDict(a=1), collections.defaultdict(list, {"a": [1]}),
    collections.Counter("abca"), collections.deque([1], 3), dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    dt.date(2026, 1, 2), dt.timedelta(days=1), decimal.Decimal("1.5"), fractions.Fraction(1, 3),
    uuid.UUID(int=1), pathlib.PurePosixPath("a/b"), argparse.Namespace(lr=0.1), array.array("d", [1.0]),
    ValueError("x"), np.arange(6).reshape(2, 3), np.float32(1.5), np.dtype("f4"), np.array(["a"], dtype=object),
    np.ma.masked_array([1, 2], mask=[0, 1]), np.random.RandomState(0), np.random.default_rng(0), [np.int64, np.ndarray],
    np.zeros(3, dtype=[("a", "i4"), ("b", "f8")]), np.array(["2026-01-01"], dtype="M8[D]"), np.add,
]  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_data_passes_in_every_protocol(value, protocol):
    findings = judged("SEC101", revision({"a.pkl": pickle.dumps(value, protocol)}))
    assert [finding.message for finding in findings] == []


def _sk(name: str) -> bytes:
    return named(*name.rsplit(".", 1))


ORDINARY = {
    "state dict with metadata": built(_ODICT + EMPTY_TUPLE + REDUCE, mapped(text("_metadata"), call(_ODICT))),
    "parameter": call(named("torch._utils", "_rebuild_parameter"), tensor(), TRUE, call(_ODICT)),
    "torch size": call(named("torch", "Size"), group(number(1))),
    "device and dtype": mapped(text("d"), call(named("torch", "device"), text("cpu")), text("t"), _sk("torch.float16")),
    "module saved whole": built(
        named("torch.nn.modules.linear", "Linear") + EMPTY_TUPLE + NEWOBJ, mapped(text("_parameters"), call(_ODICT))
    ),
    "estimator": built(new(_sk("sklearn.linear_model._logistic.LogisticRegression")), mapped(text("C"), number(1))),
    "tree": built(
        call(_sk("sklearn.tree._tree.Tree"), number(4), call(_sk("numpy.core.multiarray._reconstruct"),
             _sk("numpy.ndarray"), group(number(0)), data(b"b")), number(1)), mapped(text("nodes"), NONE)
    ),
    "loss": call(_sk("sklearn._loss._loss.CyHalfSquaredError")),
    "sparse": built(new(_sk("scipy.sparse._csr.csr_matrix")), mapped(text("_shape"), group(number(1), number(1)))),
    "frame": built(new(_sk("pandas.core.frame.DataFrame")), mapped(text("attrs"), EMPTY_DICT)),
    "index": call(_sk("pandas.core.indexes.base._new_Index"), _sk("pandas.core.indexes.base.Index"), EMPTY_DICT),
    "training arguments": built(
        new(_sk("transformers.training_args.TrainingArguments")),
        mapped(text("s"), call(_sk("transformers.trainer_utils.IntervalStrategy"), text("steps"))),
    ),
    "hydra config": built(new(_sk("omegaconf.dictconfig.DictConfig")), mapped(text("_content"), EMPTY_DICT)),
    "lightning": built(new(_sk("lightning_fabric.utilities.data.AttributeDict")), EMPTY_DICT),
    "partial of a type": call(named("functools", "partial"), named("builtins", "int")),
    "bytes of python 2": call(named("_codecs", "encode"), text("x"), text("latin1")),
    "logger": call(named("logging", "getLogger"), text("a")),
    "list": EMPTY_LIST,
}  # fmt: skip


@pytest.mark.parametrize("stream", ORDINARY.values(), ids=ORDINARY.keys())
@pytest.mark.parametrize("wrap", [lambda stream: stream, torch_zip], ids=["bare", "zip"])
def test_what_frameworks_write_passes(stream, wrap):
    findings = judged("SEC101", revision({"a.pkl": wrap(pickled(stream))}))
    assert [finding.message for finding in findings] == []
