"""SEC459: model and table files that break their own format."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.finding import Fact, Finding, Severity

__all__ = ["model_file_malformed"]

_FORMATS = {
    "tensorflow": "TensorFlow graph", "tflite": "TensorFlow Lite model", "executorch": "ExecuTorch program",
    "coreml": "Core ML model", "paddle": "Paddle program", "arrow": "Arrow file", "parquet": "Parquet file",
    "xml": "XML document",
}  # fmt: skip
_UNREAD = frozenset({"budget", "over-budget", "member-unread", "encrypted"})
"""Problems of reading; `judge` says that the file was not read to its end."""


@check("SEC459-model-file-malformed", severity=Severity.MEDIUM, claims=tuple(_FORMATS))
def model_file_malformed(revision: Revision) -> Iterator[Finding | Fact]:
    """Files of models and tables keep to their formats: lengths, offsets and indices lie inside the file.

    Loaders written in C++ take lengths and offsets from the file. Numbers that do not fit it have led to reads and
    writes outside the loader's memory, and a scanner and a loader that recover from them differently see two models.

    Sample: a TensorFlow Lite model whose operator names tensor 1,000,000 of three.

    Fix: fetch the file again and compare its sha256; if it stays so, ask its maker to export it anew.

    References: CVE-2021-37681, CVE-2022-23558, CVE-2022-23559 (TensorFlow Lite), CWE-125, CWE-129, CWE-787.
    """
    for seen in revision.seen(*_FORMATS):
        for problem in seen.problems:
            if problem.code not in _UNREAD:
                yield fail(
                    model_file_malformed, f"not a well formed {_FORMATS[seen.observation.format]}: {problem.message}",
                    file=seen.file, location=seen.at(problem.offset), detail={"problem": problem.code},
                    severity=Severity.LOW if seen.observation.format == "xml" else None,
                    fix="Fetch the file again and compare its digest, or export it anew.",
                )  # fmt: skip
