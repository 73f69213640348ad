"""SEC530: MLflow models that are loaded by code of their own."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

from assay.finding import Severity

FAILING = revision(MLmodel=b"flavors:\n  python_function:\n    loader_module: payload\n    code: code\n")
PASSING = revision(
    MLmodel=b"artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n      virtualenv: "
    b"python_env.yaml\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    python_version: 3.11.0\n"
    b"  sklearn:\n    code: null\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n"
)


@pytest.mark.parametrize("line", ["data: ../../etc/passwd", "model_path: /etc/passwd", "data: http://evil.example/x"])
def test_paths_that_leave(line):
    text = f"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    {line}\n"
    assert judged("SEC530", revision({"m/MLmodel": text.encode()}))


def test_code_that_comes_along_weighs_little():
    text = b"flavors:\n  python_function:\n    loader_module: mlflow.pyfunc.model\n    code: code\n"
    assert [finding.severity for finding in judged("SEC530", revision(MLmodel=text))] == [Severity.LOW]
