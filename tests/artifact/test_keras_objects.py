"""What configurations of Keras ask for, in every form."""

from assay.artifact.budget import Budget
from assay.artifact.keras_objects import keras_facts


def facts(document):
    return keras_facts("class_name", document, Budget()).get("keras")


def test_other_documents_have_none():
    assert facts({"a": 1}) is None
    assert facts({"class_name": "Node", "text": "x"}) is None
    assert keras_facts("{}", {"class_name": "X", "config": {}}, Budget()) == {}


def test_equal_objects_stand_once():
    dense = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}, "registered_name": None}
    found = facts({"class_name": "Sequential", "config": {"layers": [dense, dict(dense), dict(dense)]}})
    assert [(one["class_name"], one["count"], one["at"]) for one in found["objects"]] == [
        ("Sequential", 1, ""), ("Dense", 3, ".config.layers[0]"),
    ]  # fmt: skip


def test_code_files_and_functions():
    lambdas = [
        {"class_name": "Lambda", "config": {"function": ["code", None, None], "output_shape": ["more", None]}},
        {"class_name": "Lambda", "config": {"function": "relu", "module": "m"}},
        {"class_name": "__lambda__", "config": {"code": "x"}},
        {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    ]
    found = facts(lambdas)
    assert [one["characters"] for one in found["code"]] == [4, 4, 1]
    assert found["functions"] == [{"name": "relu", "module": "m", "at": "[1].config"}]
    assert [one["name"] for one in found["files"]] == ["/etc/passwd"]


def test_circles_and_very_many_objects_end():
    document = {"class_name": "A", "config": {}}
    document["config"]["again"] = document
    assert len(facts(document)["objects"]) == 1
    assert facts([{"class_name": f"A{n}", "config": {}} for n in range(500)])["more"] is True
