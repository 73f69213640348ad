"""SEC521: skops files that name what scikit-learn does not need."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision
from tests.make.skops_files import classifier, node, skops_file

FAILING = revision({"m.skops": skops_file(classifier(f=node("operator", "methodcaller", "OperatorFuncNode")))})
PASSING = revision(
    {"m.skops": skops_file(classifier(coef_=node("numpy", "ndarray", "NdArrayNode", type="numpy", file="1.npy")))}
)


@pytest.mark.parametrize(
    "bad",
    [
        node("os", "system", "FunctionNode"),
        node("sklearn.base", "BaseEstimator", "MethodNode", content={"func": "__reduce__", "obj": {}}),
        node("builtins", "int", "OperatorFuncNode"),
        node("evil.place", "Thing", "ObjectNode"),
        node("builtins", "str", "OwnNode"),
        node("builtins", "function", "FunctionNode", content={"func": "eval", "module_path": "builtins"}),
    ],
)
def test_ways_to_run_code(bad):
    assert judged("SEC521", revision({"m.skops": skops_file(classifier(f=bad))}))


def test_a_pickle_in_its_place():
    assert judged("SEC521", revision({"m.skops": b"\x80\x04N."}))
