"""Suppressions: from a policy alone, with reason and end, shown wherever the finding is, not for what is unknown."""

import datetime as dt
import hashlib
import json

import pytest

from assay.artifact.sources.local import open_local
from assay.assess import assess
from assay.canonical import sha256_hex
from assay.cli.answer import exit_code
from assay.dossier import ASSESSMENT, Said
from assay.errors import PolicyError
from assay.policy import parse_policy
from assay.reports.answer import folded
from assay.reports.formats import sarif, text
from assay.reports.style import Style

CODE = b"import os\nos.system('true')\n"
POLICY = """
name: house
require:
  - name: secure
    when: secure.ok
    say: It must be safe.
suppress:
"""
ITEM = "  - {{rule: {rule}, path: '{path}', reason: Looked at, until: {until}{more}}}\n"
TODAY = dt.date(2027, 1, 31)


@pytest.fixture
def said(tmp_path):
    (tmp_path / "modeling.py").write_bytes(CODE)
    (tmp_path / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Model"}}')
    statement = assess(open_local(tmp_path)).statement
    predicate = json.loads(statement)["predicate"]
    return Said(ASSESSMENT, predicate, "subject", sha256_hex(statement), own=True)


def policy(said, path="*", until="2027-01-31", more="", rule=None):
    failing = {one["rule"] for one in said.predicate["findings"]
               if one["outcome"] == "fail" and one["axis"] == "secure"}  # fmt: skip
    rules = [rule] if rule else sorted(failing)
    items = "".join(ITEM.format(rule=one, path=path, until=until, more=more) for one in rules)
    return parse_policy((POLICY + items).encode(), "house.yaml")


def scan(said, rules, today=TODAY):
    return folded("model", "folder", said, [], rules, isolation="isolated", today=today)


def states(found):
    return {one["suppression"]["state"] for one in found.scan["findings"] if "suppression" in one}


def test_while_it_lasts_the_finding_is_shown_and_does_not_decide(said):
    found = scan(said, policy(said))
    assert states(found) == {"active"}
    assert found.verdict.outcome == "admit"
    assert found.scan["axes"]["secure"]["outcome"] == "fail"
    assert exit_code(found.scan) == 0
    shown = text.render(found.scan, Style(width=200))
    assert "suppressed until 2027-01-31 by policy house: Looked at" in shown
    results = json.loads(sarif.render(found.scan, Style()))["runs"][0]["results"]
    kept = [one["suppressions"][0] for one in results if "suppressions" in one]
    assert {one["status"] for one in kept} == {"accepted"}
    assert "Looked at" in kept[0]["justification"]


def test_once_it_has_expired_it_is_shown_as_that_and_counts_no_more(said):
    found = scan(said, policy(said), today=dt.date(2027, 2, 1))
    assert states(found) == {"expired"}
    assert found.verdict.outcome == "refuse"
    assert exit_code(found.scan) == 1
    assert "suppression expired after 2027-01-31" in text.render(found.scan, Style(width=200))
    results = json.loads(sarif.render(found.scan, Style()))["runs"][0]["results"]
    assert {item["status"] for one in results for item in one.get("suppressions", ())} == {"rejected"}


def test_without_a_day_everything_decides(said):
    assert scan(said, policy(said), today=None).verdict.outcome == "refuse"


@pytest.mark.parametrize(
    ("path", "more", "holds"),
    [
        ("modeling.py", "", True), ("other/*", "", False),
        ("*", f", sha256: {hashlib.sha256(CODE).hexdigest()}", True), ("*", f", sha256: {'0' * 64}", False),
    ],
)  # fmt: skip
def test_path_and_content_must_be_those_that_were_looked_at(said, path, more, holds):
    assert states(scan(said, policy(said, path, more=more))) == ({"active"} if holds else set())


def test_the_short_form_of_an_id_is_enough_and_another_rule_is_another(said):
    code = policy(said).suppress[0].rule.split("-")[0]
    assert states(scan(said, policy(said, rule=code))) == {"active"}
    assert states(scan(said, policy(said, rule="SEC999"))) == set()


def test_what_was_not_judged_cannot_be_suppressed(tmp_path):
    (tmp_path / "config.json").write_bytes(b"{")
    statement = assess(open_local(tmp_path)).statement
    predicate = json.loads(statement)["predicate"]
    said = Said(ASSESSMENT, predicate, "subject", sha256_hex(statement), own=True)
    unknown = {one["rule"] for one in predicate["findings"] if one["outcome"] == "unknown"}
    items = "".join(ITEM.format(rule=one, path="*", until="2099-01-01", more="") for one in sorted(unknown))
    found = scan(said, parse_policy((POLICY + items).encode(), "house.yaml"))
    assert states(found) == set()
    assert found.verdict.outcome == "undecided"


@pytest.mark.parametrize(
    "item",
    [
        "{rule: SEC101, path: '*', reason: r}", "{rule: SEC101, path: '*', until: 2027-01-01}",
        "{rule: SEC101, path: '*', reason: r, until: never}",
            "{rule: SEC101, path: '*', reason: '', until: 2027-01-01}",
        "{rule: SEC101, path: '*', reason: r, until: 2027-01-01, sha256: abc}", "SEC101",
        "{rule: SEC101, path: '*', reason: r, until: 2027-01-01, who: me}",
    ],
)  # fmt: skip
def test_one_without_reason_or_end_is_refused(item):
    with pytest.raises(PolicyError):
        parse_policy(f"{POLICY}  - {item}\n".encode(), "house.yaml")
