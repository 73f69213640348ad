"""Pages as a whole: links lead somewhere, generated parts are fresh, and whatever a person can meet is described."""

import ast
import importlib.util
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from assay import errors
from assay.artifact.readers import readers
from assay.cli.main import command_names
from assay.finding import AXES
from assay.fixes import fixes
from assay.policy import shipped
from assay.reports import format_names
from assay.statements.predicates import known_types

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
SETTING = re.compile(r"[A-Z]+(?:_[A-Z]+)*")


def text(page):
    return (ROOT / page).read_text("utf-8")


def prose(page):
    """The page without its blocks of code."""
    return re.sub(r"(?ms)^```.*?^```$", "", text(page))


def anchors(page):
    """The anchors that GitHub gives to the headings of a page."""
    found = []
    for heading in re.findall(r"(?m)^#{1,6} (.+)$", prose(page)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return found


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh(generate):
    for page, written in generate.pages().items():
        assert text(page) == written, f"{page} is behind the code; write it with: make golden"


def test_the_diff_in_contributing_is_of_one_file_and_one_test(generate):
    files = re.findall(r"(?m)^diff --git a/(\S+) b/\1$", text("CONTRIBUTING.md"))
    check, test = files
    assert check.startswith("src/assay/checks/")
    assert test == f"tests/checks/{Path(check).parent.name}/test_{Path(check).name}"
    behind = text("CONTRIBUTING.md").replace("+    for seen in", "+    for it in")
    assert behind != text("CONTRIBUTING.md") == generate.with_diffs(behind)


def test_the_layers_in_contributing_are_those_that_are_held():
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (held,) = [one["layers"] for one in contracts if one["type"] == "layers"]
    block = re.search(r"(?s)```text\n(cli .*?)```", text("CONTRIBUTING.md"))[1]
    assert [re.split(r" {2,}", line)[0] for line in block.splitlines()] == held


@pytest.mark.parametrize("page", NAMES)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), target
            continue
        path, _, anchor = target.partition("#")
        there = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there.relative_to(ROOT)), target


def test_the_index_lists_every_page():
    linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)\)", text("docs/README.md"))}
    assert set(DOCS.glob("*/*.md")) - linked == set()


def test_a_file_or_command_that_is_named_exists():
    for page in NAMES:
        for path in re.findall(r"`((?:src|tests|bench|docs|requirements)/[\w./-]+)`", text(page)):
            assert (ROOT / path).exists() or re.search(r"\b[A-Z]+\b", path), f"{page} names {path}"
        for command in re.findall(r"(?m)(?:`|^\$ |^)assay ([a-z]+(?:-[a-z]+)*)\b", text(page)):
            assert command in command_names(), f"{page} names assay {command}"


def test_every_rule_has_its_section(generate):
    sections = re.findall(r"(?m)^### (\S+)$", text("docs/reference/rules.md"))
    assert sections == [one.rule.id for one in generate.checks()]
    assert [part.lower() for part in re.findall(r"(?m)^## (\w+)$", text("docs/reference/rules.md"))][:5] == list(AXES)


def test_every_command_has_its_section():
    found = re.findall(r"(?m)^## assay ([\w-]+)$", text("docs/reference/commands.md"))
    assert found == command_names()


def test_the_tree_of_errors_is_drawn_as_it_is():
    drawn = re.findall(r"(?m)^([│ ]*)[├└]── (\w+)", errors.__doc__)
    above = {0: "AssayError"}
    for indent, name in drawn:
        depth = len(indent) // 4 + 1
        assert getattr(errors, name).__base__.__name__ == above[depth - 1], name
        above[depth] = name
    assert {name for _, name in drawn} | {"AssayError"} == set(errors.__all__)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("docs/reference/statements.md", known_types()),
        ("docs/reference/predicates.md", known_types()),
        ("docs/reference/errors.md", errors.__all__),
        ("docs/reference/reports.md", format_names()),
        ("docs/reference/policy.md", shipped()),
        ("docs/reference/fixes.md", fixes()),
        ("docs/reference/observations.md", readers()),
    ],
)
def test_whatever_can_be_met_is_described(page, names):
    written = text(page)
    assert [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", written)] == []


def test_every_setting_is_described_and_no_other():
    cells = re.findall(r"(?m)^\| (`[^|]+) \|", text("docs/reference/settings.md"))
    described = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    read = {"SSL_CERT_FILE", "COLUMNS"}  # by Python's own library
    for file in [*ROOT.glob("src/**/*.py"), ROOT / "tests/conftest.py", ROOT / "tests/golden.py"]:
        read |= set(_read_from_environment(ast.parse(file.read_text("utf-8"))))
    read |= set(re.findall(r"(?m)^([A-Z]+) \?=", text("Makefile"))) | {"YES"}
    assert described - read == set()
    assert read - described == set()


def _read_from_environment(tree):
    """The constants by which `os.environ`, or a mapping called `environ`, is asked."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str() as name), *_]):
                pass
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() as name)):
                pass
            case _:
                continue
        if ast.unparse(owner) in ("environ", "os.environ") and SETTING.fullmatch(name):
            yield name


FORBIDDEN = re.compile(
    r"/work/|/root/|/tmp/|/home/\w"  # places on somebody's machine
    r"|\b(?:TODO|FIXME|TBD|XXX)\b"
    r"|(?<!torch\.)\b(?:helpers?|utils?|sessions?)\b"  # no words of this project
    r"|\b(?:seamless\w*|effortless\w*|powerful|blazing\w*|cutting-edge|state-of-the-art|world-class|revolutionary)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", NAMES)
def test_no_page_names_a_machine_or_praises_itself(page):
    assert FORBIDDEN.search(text(page)) is None


@pytest.mark.parametrize("page", NAMES)
def test_a_page_has_one_title_and_headings_in_order(page):
    levels = [len(marks) for marks in re.findall(r"(?m)^(#{1,6}) ", prose(page))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
