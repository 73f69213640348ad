"""SEC450: Arrow types that are pickles."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["arrow_extension_pickle"]

_PICKLED = frozenset({"arrow.py_extension_type", "ray.data.arrow_pickled_object"})
"""Extension types whose parameters or values are pickles by their nature."""
_FIX = "Do not read it with an old pyarrow; write the table anew without the extension type."


@check("SEC450-arrow-extension-pickle", severity=Severity.CRITICAL, claims=("arrow", "parquet"))
def arrow_extension_pickle(revision: Revision) -> Iterator[Finding | Fact]:
    """Tables of Arrow and Parquet use no extension type that is restored from a pickle.

    A column may say that its type is an extension and bring the parameters of that type. For one such type of pyarrow
    the parameters are a pickle of a Python object, and reading the schema, before any data, loads it. What the pickle
    calls is judged by SEC101 too; here the type itself is enough.

    Sample: a column with `ARROW:extension:name` `arrow.py_extension_type` and a pickle as its metadata.

    Fix: read it with pyarrow 14.0.1 or newer, which leaves the type alone, and write the table anew without it.

    References: CVE-2023-47248, https://arrow.apache.org/docs/python/extending_types.html, CWE-502.
    """
    for seen in revision.seen("arrow", "parquet"):
        said = set()
        for one in seen.facts["extensions"]:
            key = (one["field"], one["name"])
            if key in said or not (one["name"] in _PICKLED or one["pickle"]):
                continue
            said.add(key)
            certain = one["name"] in _PICKLED
            why = "which is restored from a pickle" if certain else "whose parameters are a pickle"
            type_ = shown(one["name"], 60)
            yield fail(
                arrow_extension_pickle, f"the column {shown(one['field'], 60)} is of the type {type_}, {why}",
                file=seen.file, location=seen.at(f"column {shown(one['field'], 60)}"), detail=dict(one), fix=_FIX,
                severity=None if certain else Severity.HIGH,
            )  # fmt: skip
