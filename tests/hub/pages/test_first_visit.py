"""What somebody does who just started a hub: the link, an account, a token, sign out, sign in; in a real browser."""

import re

import pytest
from tests.hub.pages.test_walk import AUDIT, MODES, axe, browser  # noqa: F401  # fixtures

from assay.hub.accounts.invitations import first_administrator_link
from assay.hub.accounts.tokens import looks_like_token

pytestmark = pytest.mark.slow
PASSWORD = "correct horse battery staple"


@pytest.mark.parametrize("mode", MODES)
def test_from_the_printed_link_to_a_token(hub, browser, axe, mode):  # noqa: F811  # fixtures
    scheme, width = MODES[mode]
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab = context.new_page()

    def look():
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{tab.url} scrolls sideways"
        tab.evaluate(f"{axe};0")
        assert tab.evaluate(AUDIT) == [], tab.url

    tab.goto(first_administrator_link(hub.node))
    look()
    tab.get_by_label("Name", exact=True).fill("grace")
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_label("Password once more").fill(PASSWORD)
    tab.get_by_role("button", name="Make the account").click()
    tab.goto(f"{hub.url}/settings")
    look()
    tab.get_by_label("What is it for?").fill("laptop")
    tab.get_by_role("button", name="Make a token").click()
    look()
    token = re.search(r"assay_\w+", tab.inner_text("main"))[0]
    assert looks_like_token(token)
    tab.get_by_role("button", name="Sign out").click()
    tab.goto(f"{hub.url}/sign-in")
    look()
    tab.get_by_label("Name", exact=True).fill("grace")
    tab.get_by_label("Password", exact=True).fill("something else")
    tab.get_by_role("main").get_by_role("button", name="Sign in").click()
    assert tab.get_by_role("alert").is_visible()
    look()
    tab.get_by_label("Password", exact=True).fill(PASSWORD)
    tab.get_by_role("main").get_by_role("button", name="Sign in").click()
    tab.goto(f"{hub.url}/settings")
    assert "laptop" in tab.inner_text("main")
    assert first_administrator_link(hub.node) is None
    context.close()
