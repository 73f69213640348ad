"""SEC520: R data that run code when they are loaded or looked at."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision, Seen
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.rules import load

__all__ = ["r_language"]


@check("SEC520-r-language", severity=Severity.HIGH, claims=("rds",))
def r_language(revision: Revision) -> Iterator[Finding | Fact]:
    """R data hold no promise that is still to be evaluated, and no code that starts processes or fetches things.

    A promise is an expression whose value R works out when somebody first touches it. One that stands unevaluated in a
    file runs with the first look at what was loaded; R before 4.4.0 did so while loading. Closures and calls in fitted
    models are usual and run only when a function uses them; they are reported where they do what no model needs.

    Sample: an `.rds` file with a promise for `system("id")`.

    Fix: do not load it. With R 4.4.0 or later read it in a sandbox and save plain data frames or coefficients anew.

    References: CVE-2024-27322 (HiddenLayer, "R-bitrary Code Execution"), CERT VU#238194, CWE-502.
    """
    for seen in revision.seen("rds"):
        entries = load("r_functions")["entries"]
        yield from _promises(seen, set(entries["runs"]) | set(entries["changes"]) | {"eval", "parse", "do.call"})
        for within in ("closure", "language"):
            bad = _used(seen, within, set(entries["runs"]), set(entries["evaluates"]))
            if bad:
                yield fail(
                    r_language, f"a {'function' if within == 'closure' else 'call'} in it does what no model needs: "
                    f"{shown(', '.join(bad))}", file=seen.file, location=seen.at(), confidence=Confidence.MEDIUM,
                    severity=Severity.HIGH if within == "closure" else Severity.MEDIUM, detail={"functions": list(bad)},
                    fix="Do not load it; ask for plain data or coefficients.",
                )  # fmt: skip


def _promises(seen: Seen, bad: set[str]) -> Iterator[Finding]:
    if not seen.facts["unforced"]:
        return
    names = _names(seen, "promise")
    runs = sorted(names & bad)
    yield fail(
        r_language, f"{seen.facts['unforced']} promise(s) would be evaluated when it is used"
        + (f", with {shown(', '.join(runs))}" if runs else ""), file=seen.file, location=seen.at(),
        severity=Severity.CRITICAL if runs else Severity.HIGH, detail={"functions": list(runs)},
        fix="Do not load it; ask for plain data or coefficients.",
    )  # fmt: skip


def _names(seen: Seen, within: str) -> set[str]:
    group = seen.facts["names"].get(within, {})
    return {name for key in ("heads", "symbols", "texts") for name in group.get(key, ())}


def _used(seen: Seen, within: str, bad: set[str], indirect: set[str]) -> list[str]:
    """Return which of `bad` are called; mere mentions count where something calls by name."""
    heads = set(seen.facts["names"].get(within, {}).get("heads", ()))
    names = _names(seen, within) - {"url", "source", "shell"} if heads & indirect else set()
    return sorted((heads | names) & bad)
