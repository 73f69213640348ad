"""Rule packs of members: whose they are, how they were measured, and what they found, under their own name."""

from urllib.parse import urlencode

import pytest
from tests.checks.packs.test_packs import pack
from tests.hub.pages.conftest import Site, text_of

from assay.store.attempts import want_anew
from assay.store.packs import Enabled, enable, remove

MEASURED = "precision 0.952 (0.77 to 0.99), recall 1.000"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    running = Site(tmp_path_factory.mktemp("packs") / "hub")
    running.organisation("org", ann="write")
    running.repo("ann/shell", {"README.md": b"# A\n", "modeling.py": b"import os\nos.system('true')\n"})
    running.judge()
    with running.node.database.write() as connection:
        enable(connection, Enabled(pack(), b"{}", "ab" * 32, MEASURED, running.node.now()))
        want_anew(connection, now=running.node.now())
    running.judge()
    yield running
    running.stop()


def test_a_page_says_whose_they_are_and_what_they_look_for(site):
    (one,) = site.page("/packs?format=json").json()["packs"]
    assert (one["id"], one["maker"], one["measured"]) == ("acme", "Acme Labs", MEASURED)
    assert one["rules"][0]["id"] == "acme/hidden-shell"
    shown = text_of(site.page("/packs"))
    assert "Acme Labs" in shown
    assert MEASURED in shown
    assert 'href="/packs"' in site.page("/rules").body.decode()


def test_the_very_files_are_there_for_whoever_doubts_it(site):
    got = site.page("/packs/acme/pack.json")
    assert got.body == pack().raw
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert site.page("/packs/acme/pack.dsse.json").body == b"{}"
    assert site.page("/packs/acme/other").status == site.page("/packs/none/pack.json").status == 404


def test_findings_stand_under_the_name_of_the_pack(site):
    shown = text_of(site.page("/ann/shell/evidence/main"))
    assert "Rule pack acme 1.2 by Acme Labs, in no axis: 1 finding" in shown
    assert "acme/hidden-shell" in shown
    overview = site.page("/ann/shell")
    assert "Rule pack acme , in no axis: 1 finding" in text_of(overview)
    assert '/ann/shell/evidence/main#pack-acme"' in overview.body.decode()


def test_administrators_switch_them_by_forms_and_nobody_else(site):
    site.user("boss", admin=True)
    boss, ann = site.session("boss"), site.session("ann")

    def sent(cookie, **form):
        body = urlencode({"form_token": site.form_token(cookie), "pack": "acme", **form}).encode()
        kind = "application/x-www-form-urlencoded"
        return site.page("/packs", cookie=cookie, method="POST", body=body, Content_Type=kind)

    def state():
        return site.page("/packs?format=json").json()["packs"][0]["active"]

    assert "Switch off" not in text_of(site.page("/packs", cookie=ann))
    assert "Switch off" not in text_of(site.page("/packs"))
    assert "Switch off" in text_of(site.page("/packs", cookie=boss))
    assert (sent(ann, do="off").status, state()) == (403, True)
    assert (sent(boss, do="off", form_token="0" * 64).status, state()) == (403, True)
    assert (sent(boss, do="off").status, state()) == (303, False)
    site.judge()
    assert "acme" not in text_of(site.page("/ann/shell/evidence/main"))
    shown = text_of(site.page("/packs", cookie=boss))
    assert "Switched off: nothing here is judged by it" in shown
    assert "Switch on" in shown
    again = sent(boss, do="off")
    assert (again.status, "no rule pack" in text_of(again)) == (404, True)
    assert sent(boss, do="other").status == 400
    assert (sent(boss, do="on").status, state()) == (303, True)
    site.judge()
    assert "acme/hidden-shell" in text_of(site.page("/ann/shell/evidence/main"))
    assert (sent(boss, do="remove", pack="none").status, state()) == (404, True)


def test_none_is_named_as_none_and_what_it_found_is_gone(site):
    with site.node.database.write() as connection:
        remove(connection, "acme")
        want_anew(connection, now=site.node.now())
    site.judge()
    assert "None is enabled here." in text_of(site.page("/packs"))
    assert "acme" not in text_of(site.page("/ann/shell/evidence/main"))
