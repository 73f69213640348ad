"""A real browser looks at what was asked for, who runs it, and two sides of a dispute; as `test_walk` does."""

import pytest
from tests.hub.pages.test_walk import axe, browser, tab  # noqa: F401  # fixtures
from tests.hub.test_pool import PoolSite, work
from tests.make.runners import Altering, Honest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    running = PoolSite(folder / "hub")
    running.organisation("org", ann="write")
    running.example("apache-clean", "org/tiny", scratch=folder)
    running.repo("org/other", {"README.md": b"# Other\n"})
    running.judge()
    running.ask_for()
    awake = [Honest(running, "anna", folder)]
    work(running, awake)
    for kind, name in ((Altering, "alters"), (Honest, "ben"), (Honest, "carl")):
        awake.append(kind(running, name, folder))
        work(running, awake)
    running.ask_for("org/other")
    yield running
    running.stop()


def test_pages_of_what_others_ran(tab, site):  # noqa: F811  # the fixture
    results = {name: one["result"]["digest"] for name, one in site.results().items()}
    assert results.keys() == {"anna", "alters", "ben", "carl"}
    manifest = site.ask("GET", "/api/pool/requests?state=all").json()[0]["manifest"]
    pages = ["/org/tiny/evaluations", "/org/other/evaluations", f"/benchmarks/{manifest}"]
    for place in (*pages, *(f"/org/tiny/evaluations/{results[name]}" for name in ("anna", "alters"))):
        tab.goto(place)
        tab.look()
    name = f"org/new-{tab.viewport_size['width']}-{len(site.ask('GET', '/api/pool/requests').json())}"
    site.repo(name, {"README.md": b"# New\n"})
    tab.goto(f"/{name}/evaluations")
    tab.get_by_label("Benchmark").select_option("next-letter")
    tab.get_by_role("button", name="Request evaluation").click()
    tab.get_by_text("by ann").wait_for()
    tab.look()
