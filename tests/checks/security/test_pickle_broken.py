"""SEC102: a stream that breaks, or that calls by number."""

from __future__ import annotations

from tests.make.pickle_parts import (
    EMPTY_TUPLE,
    REDUCE,
    SHELL,
    STATE_DICT,
    built,
    mapped,
    named,
    new,
    pickled,
    text,
    torch_zip,
)
from tests.make.revisions import judged, revision

from assay.checks import judge
from assay.finding import Outcome, Severity

FAILING = revision({"a.bin": SHELL[:-1] + b"\xff"})
PASSING = revision({"a.bin": torch_zip(STATE_DICT), "b.pkl": STATE_DICT})


def test_a_break_after_the_payload_fails_and_the_payload_is_still_seen():
    [finding] = judged("SEC102", FAILING)
    assert finding.severity is Severity.HIGH
    assert finding.detail == {"problem": "unknown-opcode"}
    assert judged("SEC101", FAILING)[0].severity is Severity.CRITICAL


def test_a_stream_without_end_fails():
    assert judged("SEC102", revision({"a.bin": SHELL[:-1]}))[0].detail == {"problem": "truncated"}


def test_extension_codes_fail():
    [finding] = judged("SEC102", revision({"a.bin": pickled(b"\x82\x07" + EMPTY_TUPLE + REDUCE)}))
    assert finding.detail == {"extension_codes": [7]}


def test_bytes_behind_the_last_pickle_are_a_note():
    [finding] = judged("SEC102", revision({"a.bin": STATE_DICT + b"\xff" * 9}))
    assert (finding.outcome, finding.severity) == (Outcome.FAIL, Severity.LOW)


def test_an_array_of_unknown_length_in_the_stream_is_not_judged():
    wrapper = built(new(named("joblib.numpy_pickle", "NumpyArrayWrapper")), mapped(text("dtype"), text("?")))
    what = revision({"a.joblib": pickled(wrapper)})
    assert judged("SEC102", what) == []
    said = [finding for finding in judge(what).findings if finding.rule.startswith("SEC102")]
    assert [finding.outcome for finding in said] == [Outcome.UNKNOWN]
