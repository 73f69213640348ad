"""SEC456: Parquet files whose Avro schema names Java classes."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["parquet_java_class"]

_PLAIN = ("java.lang.", "java.math.", "java.util.", "java.time.", "org.apache.avro.util.Utf8")
"""Packages whose classes schemas name by habit: texts, numbers, collections."""


@check("SEC456-parquet-java-class", severity=Severity.HIGH, claims=("parquet",))
def parquet_java_class(revision: Revision) -> Iterator[Finding | Fact]:
    """Parquet files ask readers in Java for plain classes only.

    A schema of Avro in the metadata may say which Java class a text becomes. Readers before parquet-avro 1.15.2 made
    an object of any class on their path so, with the text as argument, while they read the schema.

    Sample: metadata `parquet.avro.schema` with `{"type": "string", "java-class": "javax.swing.JEditorPane"}`.

    Fix: read it with parquet-avro 1.15.2 or newer, or with pyarrow, which ignores that schema; write the file anew.

    References: CVE-2025-30065, CVE-2025-46762, CWE-502.
    """
    for seen in revision.seen("parquet"):
        for name in seen.facts["java_classes"]:
            if not name.startswith(_PLAIN):
                yield fail(
                    parquet_java_class, f"the Avro schema asks for the Java class {shown(name)}", file=seen.file,
                    location=seen.at("key avro.schema"), detail={"class": name},
                    fix="Read it with pyarrow and write it anew, or use parquet-avro 1.15.2 or newer.",
                )  # fmt: skip
