"""Python source: imports, calls and references by its syntax tree; nothing is compiled to run or imported.

What counts as valid is up to the grammar of the Python that reads, 3.11 or newer; for source that all of them accept
the facts are the same.
"""

from __future__ import annotations

import ast
import codecs
import re
import warnings

from assay.artifact.blob import Blob
from assay.artifact.budget import Budget
from assay.artifact.code.facts import CodeFacts
from assay.artifact.code.names import DEPTH, TOO_DEEP
from assay.artifact.observation import Observation
from assay.artifact.text.marks import MOST_MARKS, pile_of_marks
from assay.artifact.text.textual import observed, problem_of, read_whole
from assay.errors import BudgetError, ReadError

__all__ = ["FORMAT", "VERSION", "read"]

FORMAT = "python"
VERSION = 4

_LIMIT = 4 * 1024 * 1024
# A syntax tree takes up to 1 KB a token.
_TOKENS = 200_000
_TOKEN = re.compile(r"\w++|[^\w\s]")
# Python's parser joins such a chain part by part, and looks for each field of an f-string from its start.
_CHAIN = re.compile(r"\b(?:\w++[\s\\]*+\.[\s\\]*+){2,}+")
_FIELDS = 20_000
_F_STRING = re.compile(r"\b(?:f|fr|rf)[\"']", re.IGNORECASE)
_COOKIE = re.compile(rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))??[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
# Others may decode to something else than what a person reads in the file: utf-7 and unicode_escape hide code.
_ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "utf-8-unix", "utf-8-sig"), "utf-8"),
    **dict.fromkeys(("ascii", "us-ascii"), "ascii"),
    **dict.fromkeys(("latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso-latin-1"), "latin-1"),
    **dict.fromkeys(("latin-9", "iso-8859-15", "iso8859-15"), "iso8859-15"),
    **dict.fromkeys(("cp1252", "windows-1252"), "cp1252"),
}


def read(blob: Blob, budget: Budget, *, path: str, depth: int) -> Observation:  # noqa: ARG001 (a Reader's form)
    """Return `imports`, `calls` and `attributes`; what is no Python is incomplete, though searched for secrets.

    Raises:
        BudgetError: it is larger than 4 MiB, or than the budget allows.
        ReadError: the blob ends early.
    """
    data = read_whole(blob, budget, _LIMIT)
    text: bytes | str = data
    stop = None
    facts = CodeFacts(budget)
    try:
        text = _decode(data)
        facts.collect(_parse(text, budget))
    except ReadError as error:
        stop = problem_of(error)
    return observed((FORMAT, VERSION), facts.to_json(), text, [stop] if stop else [], complete=stop is None)


def _decode(data: bytes) -> str:
    """Decode as Python does (source: PEP 263), from a few plain encodings.

    Raises:
        ReadError: the declared encoding is none of them, or the bytes are not in it.
    """
    cookie = None if data.startswith(codecs.BOM_UTF8) else _COOKIE.match(data)
    declared = cookie[1].decode("ascii", "replace") if cookie else "utf-8"
    encoding = _ENCODINGS.get(declared.lower().replace("_", "-"))
    if encoding is None:
        raise ReadError(f"declares the encoding {declared[:40]!r}, which may hide what the code does")
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ReadError(f"is not text in {encoding}", offset=error.start) from None


def _parse(text: str, budget: Budget) -> ast.Module:
    """Return the syntax tree of `text`, which costs an item per token.

    Raises:
        BudgetError: it has more than 200,000 tokens, or than the budget has left, or nests too deeply for the parser.
        ReadError: it is not Python.
    """
    tokens = _TOKEN.subn("", text)[1]
    if tokens > _TOKENS:
        raise BudgetError(f"holds more than {_TOKENS:,} words and signs")
    budget.take_items(tokens)
    _refuse_costly(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except SyntaxError as error:
            where = f" (line {error.lineno})" if error.lineno else ""
            raise ReadError(f"is not valid Python{where}") from None
        except ValueError:
            raise ReadError("is not valid Python: it holds a NUL byte") from None
        except (RecursionError, MemoryError):
            # The parser reports its own full stack as MemoryError; the text itself is too small to exhaust memory.
            raise BudgetError(TOO_DEEP) from None


def _refuse_costly(text: str) -> None:
    """Refuse what takes the parser time or memory that grows with the square of its length.

    Raises:
        BudgetError: there is a chain of more than 600 names, or more than 20,000 braces beside an f-string, or more
            than 200 combining marks on one letter, which the parser would bring into order.
    """
    if any(chain[0].count(".") > DEPTH for chain in _CHAIN.finditer(text)):
        raise BudgetError(TOO_DEEP)
    if pile_of_marks(text) is not None:
        raise BudgetError(f"piles more than {MOST_MARKS} combining marks on one letter")
    if text.count("{") > _FIELDS and _F_STRING.search(text):
        raise BudgetError(f"holds more than {_FIELDS:,} braces, and an f-string")
