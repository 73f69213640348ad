"""SEC531: TorchServe archives and their handlers."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity


def _archive(handler: str, **files: bytes) -> bytes:
    buffer = io.BytesIO()
    manifest = {"runtime": "python", "model": {"modelName": "m", "handler": handler, "modelVersion": "1.0"}}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.py", data)
        archive.writestr("MAR-INF/MANIFEST.json", json.dumps(manifest))
    return buffer.getvalue()


FAILING = revision({"m.mar": _archive("../../tmp/x.py:handle")})
PASSING = revision({"m.mar": _archive("image_classifier")})


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        (_archive("own.py", own=b"import torch\n"), Severity.LOW),
        (_archive("own:handle", own=b"import torch\n"), Severity.LOW),
        (_archive("os:system"), Severity.MEDIUM),
        (_archive("/tmp/x.py"), Severity.HIGH),
    ],
)
def test_where_the_handler_is(data, severity):
    assert [finding.severity for finding in judged("SEC531", revision({"m.mar": data}))] == [severity]
