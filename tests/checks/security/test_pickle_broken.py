"""SEC102: a stream that breaks, or that calls by number."""

from __future__ import annotations

from tests.make.pickle_parts import EMPTY_TUPLE, REDUCE, SHELL, STATE_DICT, named, new, pickled, torch_zip
from tests.make.revisions import judged, revision

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


def test_arrays_that_joblib_puts_between_opcodes_are_not_judged():
    stream = pickled(new(named("joblib.numpy_pickle", "NumpyArrayWrapper")))[:-1] + b"\xff" * 40
    [finding] = judged("SEC102", revision({"a.joblib": stream}))
    assert finding.outcome is Outcome.UNKNOWN
