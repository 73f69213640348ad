"""What reproduction adds to the types of statements: where each is wrong, it says where."""

import copy

import pytest
from tests.statements.reproduction_samples import GOOD, D, E

from assay.errors import StatementError
from assay.statements.predicates import agreement, audit, commitment, lease, retraction, reveal, validate
from assay.statements.statement import Statement, Subject, revision_subjects


def change(predicate, path, value):
    predicate = copy.deepcopy(predicate)
    place = predicate
    *steps, last = path
    for step in steps:
        place = place[step]
    place[last] = value
    return predicate


@pytest.mark.parametrize("module", GOOD, ids=lambda module: module.TYPE)
def test_the_good_pass_and_a_missing_or_strange_key_does_not(module):
    module.validate(GOOD[module])
    for key in GOOD[module]:
        with pytest.raises(StatementError, match=rf"^predicate: the key '{key}' is missing"):
            module.validate({name: value for name, value in GOOD[module].items() if name != key})


@pytest.mark.parametrize(
    ("module", "path", "value", "says"),
    [
        (commitment, ("margin",), "0", "^predicate.margin: expected a margin above zero"),
        (commitment, ("margin",), "-0.1", "^predicate.margin"),
        (commitment, ("samples",), 0, "^predicate.samples"),
        (commitment, ("model", "weights_digest"), "x", "^predicate.model.weights_digest"),
        (reveal, ("leaves",), [], "^predicate.leaves: expected 1 to"),
        (reveal, ("leaves", 0, "output"), "said", r"^predicate.leaves\[0\].output"),
        (reveal, ("salt",), "00", "^predicate.salt"),
        (agreement, ("kind",), "not different", "^predicate.kind: expected one of"),
        (agreement, ("kind",), "exact", "^predicate.identical: does not fit exact"),
        (agreement, ("identical",), 61, "^predicate.identical"),
        (agreement, ("copyable",), None, "^predicate.copyable"),
        (audit, ("outcome",), "fine", "^predicate.outcome"),
        (audit, ("samples",), [], "^predicate.samples"),
        (audit, ("checkpoint", "size"), 0, "^predicate.checkpoint.size"),
        (retraction, ("reason",), "none", "^predicate.reason: expected one of"),
        (retraction, ("reason",), "they were rude", "^predicate.reason: expected one of"),
        (retraction, ("replaced_by",), D, "^predicate.replaced_by: is the statement that is taken back"),
        (lease, ("expires",), "tomorrow", "^predicate.expires"),
        (lease, ("part",), "look", "^predicate.part"),
        (lease, ("fence",), 0, "^predicate.fence"),
        (lease, ("samples",), [], "^predicate.samples"),
    ],
)
def test_what_is_refused_and_where(module, path, value, says):
    with pytest.raises(StatementError, match=says):
        module.validate(change(GOOD[module], path, value))


@pytest.mark.parametrize("module", [commitment, lease], ids=lambda module: module.TYPE)
def test_a_statement_about_a_model_names_its_revision(module):
    validate(Statement(module.TYPE, revision_subjects(D, None), GOOD[module]))
    with pytest.raises(StatementError, match="is none of the subjects"):
        validate(Statement(module.TYPE, revision_subjects(E, None), GOOD[module]))


def test_a_retraction_names_the_envelope_that_it_takes_back():
    validate(Statement(retraction.TYPE, (Subject("result", {"sha256": D}),), GOOD[retraction] | {"replaced_by": E}))
    with pytest.raises(StatementError, match="is none of the subjects"):
        validate(Statement(retraction.TYPE, (Subject("result", {"sha256": E}),), GOOD[retraction]))
