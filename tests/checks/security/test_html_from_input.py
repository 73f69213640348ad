"""SEC312: what a request says within a page."""

from __future__ import annotations

import pytest
from tests.make.code_snippets import snippets
from tests.make.revisions import judged, revision

from assay.finding import Severity

SOURCE = b"from flask import request\nfrom markupsafe import Markup\nMarkup(request.args['x'])\n"
FAILING = revision({"modeling_x.py": SOURCE})
PASSING = revision(
    {"modeling_x.py": b"from flask import request\nfrom markupsafe import escape\nescape(request.args['x'])\n"}
)
FLAWED = [snippet for snippet in snippets() if snippet.cwe == 79]
SOUND = [snippet for snippet in snippets() if snippet.cwe != 79]


@pytest.mark.parametrize("snippet", FLAWED, ids=lambda snippet: snippet.name)
def test_each_flaw_is_found_with_its_cwe_and_a_fix(snippet):
    found = judged("SEC312", revision({"modeling_x.py": snippet.source.encode()}))
    assert found
    assert all(finding.detail["cwe"] == 79 and finding.fix for finding in found)


def test_what_is_sound_or_has_another_flaw_is_left_alone():
    for snippet in SOUND:
        assert judged("SEC312", revision({"modeling_x.py": snippet.source.encode()})) == [], snippet.name


def test_code_that_running_the_model_does_not_need_weighs_less():
    [finding] = judged("SEC312", revision({"scripts/train.py": SOURCE}))
    assert finding.severity is Severity.LOW


VIEW = """from flask import Flask, request
app = Flask(__name__)
@app.route("/<name>/<int:count>")
def view(name, count, size: int = 3):
    %s
"""


@pytest.mark.parametrize(
    ("statement", "is_found"),
    [
        ('return f"<b>{name}</b>"', True),
        ('return f"<b>{count}</b>"', False),
        ('return f"<b>{size}</b>"', False),
        ('return f"{name} < {count}"', False),
        ('return "<b>" + name + "</b>", 200', True),
        ('if name not in ("a", "b"):\n        return "no"\n    return f"<b>{name}</b>"', False),
        ('return f"<b>{request.method}</b>"', False),
        ('return {"html": f"<b>{name}</b>"}', False),
    ],
)
def test_what_views_return(statement, is_found):
    assert bool(judged("SEC312", revision({"app.py": (VIEW % statement).encode()}))) == is_found


def test_what_a_library_returns_is_no_page():
    source = (VIEW % 'return f"<b>{name}</b>"').replace("flask", "fastapi").replace("Flask", "FastAPI")
    assert judged("SEC312", revision({"app.py": source.encode()})) == []
