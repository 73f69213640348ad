"""What is missing skips a test, unless the environment demands that it is there."""

import pytest


@pytest.mark.parametrize(
    ("demanded", "ends"), [("", pytest.skip), ("numpy", pytest.skip), ("numpy, browser", pytest.fail)]
)
def test_what_is_demanded_may_not_be_missing(require, monkeypatch, demanded, ends):
    monkeypatch.setenv("ASSAY_REQUIRE", demanded)
    with pytest.raises(ends.Exception, match="no browser was found"):
        require("browser", available=False, reason="no browser was found")
    require("browser", available=True, reason="")
