"""Every example of README.md and docs/ does what is written: commands, output, exit codes."""

import importlib.util
from pathlib import Path

import pytest
from tests.docs.console import Command, NewFile, fits, play, steps

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if any(isinstance(step, Command) for step in steps(page.read_text("utf-8")))
)


# The README in `make check`, all the others in `make test`.
@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=() if page == "README.md" else pytest.mark.slow) for page in PAGES]
)
def test_a_page_does_what_it_says(page, tmp_path, require):
    text = (ROOT / page).read_text("utf-8")
    if "$ assay eval" in text:
        require("numpy", importlib.util.find_spec("numpy") is not None, "it is not installed")
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "home").mkdir()
    play(text, folder)


def test_the_tutorial_and_the_readme_have_examples():
    assert {"README.md", "docs/tutorial/first-verdict.md"} <= set(PAGES)


PAGE = """\
```yaml file=a.yaml
a: 1
```

```console
$ cat \\
> a.yaml
a: 1
$ false
# exits 1
```

```sh
rm -rf never-run
```
"""


def test_what_a_page_asks_for_is_found():
    first, second, third = steps(PAGE)
    assert first == NewFile(2, "a.yaml", "a: 1\n")
    assert second == Command(6, "cat \\\na.yaml", ("a: 1",), 0)
    assert third == Command(9, "false", (), 1)


def test_a_page_that_says_otherwise_is_found_out(tmp_path):
    play(PAGE, tmp_path)
    for wrong in (PAGE.replace("# exits 1\n", ""), PAGE.replace("yaml\na: 1\n$", "yaml\na: 2\n$")):
        with pytest.raises(AssertionError, match="printed"):
            play(wrong, tmp_path)


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ((), "", True),
        ((), "more\n", False),
        (("one", "..."), "one\ntwo\nthree\n", True),
        (("one", "...", "three"), "one\nthree\n", True),
        (("one", "...", "three"), "one\ntwo\n", False),
        (("key … made",), "key 1f made\n", True),
        (("key ... made",), "key 1f\nmade\n", False),
        (("a.b",), "axb\n", False),
    ],
)
def test_what_fits(expected, actual, same):
    assert fits(expected, actual) is same
