"""Pickles that stand in JSON as base64 are judged as pickles; what cannot be decoded is never clean."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.make.pickle_parts import SHELL, call, data, group, mapped, named, number, pickled, text
from tests.make.revisions import judged, revision

from assay.artifact.blob import BytesBlob
from assay.artifact.budget import Budget
from assay.artifact.json_pickles import json_pickles
from assay.artifact.readers.json import read
from assay.finding import Outcome, Severity

UNIT = named("stable_baselines3.common.type_aliases", "TrainFrequencyUnit")
PLAIN = pickled(mapped(text("net_arch"), number(64)))


def held(stream: bytes, **more):
    return {":type:": "<class 'function'>", ":serialized:": base64.b64encode(stream).decode(), **more}


def model(document) -> bytes:
    """A zip archive as the library lays it out, as far as these tests need it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data", json.dumps(document))
        archive.writestr("_stable_baselines3_version", "2.9.2")
    return buffer.getvalue()


def seen(document, depth=0, **limits):
    return read(BytesBlob(json.dumps(document).encode()), Budget(**limits), path="data", depth=depth)


def schedule(names, place="/venv/stable_baselines3/common/utils.py"):
    """What older versions wrote for a rate that does not change: the code of a function of the library's own."""
    numbers = [number(one) for one in (1, 0, 0, 1, 1, 19)]
    code = call(named("types", "CodeType"), *numbers, data(b"\x97\x00"), group(), group(*map(text, names)),
                group(text("_")), text(place), text("func"), number(1))  # fmt: skip
    return pickled(call(named("cloudpickle.cloudpickle", "_make_function"), code))


def test_a_pickle_in_a_model_of_stable_baselines_is_found():
    stored = model({"policy_class": held(PLAIN), "lr_schedule": held(SHELL)})
    [finding] = judged("SEC101", revision({"ppo.zip": stored}))
    assert (finding.outcome, finding.severity) == (Outcome.FAIL, Severity.CRITICAL)
    assert "member data!lr_schedule" in finding.location


def test_what_the_library_writes_passes():
    document = {"policy_kwargs": held(PLAIN), "train_freq": held(pickled(call(UNIT, text("step")))), "seed": None}
    found = revision({"sac.zip": model(document)})
    assert judged("SEC101", found) == []
    assert judged("SEC102", found) == []
    assert found.files[0].not_judged is None


def test_copies_of_its_own_functions_are_unknown_and_other_code_fails():
    kept = {"lr_schedule": held(schedule(["val"]))}
    assert {finding.outcome for finding in judged("SEC101", revision({"data.json": json.dumps(kept).encode()}))} == {
        Outcome.UNKNOWN
    }
    for other in (schedule(["breakpoint"]), schedule(["val"], "/home/me/train.py")):
        found = judged("SEC101", revision({"data.json": json.dumps({"x": held(other)}).encode()}))
        assert {finding.outcome for finding in found} == {Outcome.FAIL}


def test_the_key_is_found_at_any_depth_and_however_it_is_written():
    nested = json.dumps({"a": [{"b": held(SHELL)}]}).replace(":serialized:", r"\u003aserialized:")
    observation = read(BytesBlob(nested.encode()), Budget(), path="x", depth=0)
    assert [name for name, _ in observation.members] == ["a[0].b"]
    assert observation.members[0][1].facts["globals"] == ["posix.system"]


def test_letters_that_loaders_skip_hide_nothing():
    broken = "\n".join(base64.b64encode(SHELL).decode()).replace("\n", "\n!")
    observation = seen({"x": {":serialized:": broken}})
    assert observation.members[0][1].facts["globals"] == ["posix.system"]


@pytest.mark.parametrize("written", ["gAR9=lC4=", "A", "gA=", "!!A"])
def test_what_is_no_base64_is_not_judged(written):
    observation = seen({"x": {":serialized:": written}})
    assert not observation.complete
    assert observation.problems[-1].code == "not-base64"


def test_what_is_no_pickle_is_not_judged():
    found = revision({"data.json": json.dumps({"x": held(b"\x80\x04nothing")}).encode()})
    assert found.files[0].not_judged


def test_many_or_large_ones_stop_at_the_budget():
    many = {f"k{at}": held(PLAIN) for at in range(1200)}
    observation = seen(many)
    assert len(observation.members) == 1000
    assert not observation.complete
    assert not seen({"x": held(PLAIN * 200)}, bytes=len(json.dumps({"x": held(PLAIN * 200)})) + 100).complete
    assert not seen({"x": held(PLAIN)}, depth=32).complete


def test_other_documents_have_no_members():
    assert seen({":serialized:": 5, "x": [":serialized:"]}).members == ()


@settings(max_examples=80, deadline=None)
@given(st.recursive(st.text(max_size=12) | st.integers(), lambda inner: st.lists(inner, max_size=3)
       | st.dictionaries(st.sampled_from([":serialized:", "a", "b"]), inner, max_size=3), max_leaves=12))  # fmt: skip
def test_any_document_gives_members_or_problems(document):
    budget = Budget()
    found = json_pickles(document, budget, 0)
    assert len(found.members) + len(found.problems) <= 1001
    assert budget.items < 10_000_000 or not isinstance(document, dict | list)
