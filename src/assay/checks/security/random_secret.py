"""SEC313: passwords, tokens and keys made by a generator whose next number can be worked out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from assay.artifact.revision import Revision, Seen
from assay.checks import check, fail
from assay.checks.code_flow import Site, calls, function_at, limited, listed, matches, weight
from assay.checks.wording import shown
from assay.finding import Confidence, Fact, Finding, Severity
from assay.patterns import pattern

__all__ = ["random_secret"]

_WORD = pattern(r"[A-Z]?[a-z0-9]+|[A-Z]+")


@check("SEC313-random-secret", severity=Severity.MEDIUM, claims=("python",))
@limited
def random_secret(revision: Revision) -> Iterator[Finding | Fact]:
    """No password, token or key is made by a generator that is meant for simulations.

    `random` and `numpy.random` repeat what can be worked out from a few hundred of their numbers, and often start from
    the time. The rule goes by the names of the function and of what is given to: words such as `token` and `key` count
    only where the letters are drawn one by one, because they mean other things in code of models.

    Sample: `password = "".join(random.choice(string.ascii_letters) for _ in range(12))`.

    Fix: `secrets.choice`, `secrets.token_urlsafe()`, or the same method of `secrets.SystemRandom()`.

    References: CWE-330, CWE-338, PEP 506.
    """
    for seen in revision.seen("python"):
        letters = any(str(record["name"]) in listed("randomness", "letters") for record in seen.facts["attributes"])
        told: set[int] = set()
        for site in calls(seen):
            name = matches(site.names, listed("randomness", "calls"))
            what = _secret(site, seen, letters=letters) if name is not None else None
            if name is not None and what is not None and site.line not in told:
                told.add(site.line)
                yield fail(
                    random_secret, f"{shown(name)} makes a {what}, and what it gives can be worked out",
                    file=seen.file, location=seen.at(f"line {site.line}"), severity=weight(Severity.MEDIUM, seen),
                    confidence=Confidence.MEDIUM, fix="Use the module secrets.",
                    detail={"cwe": 330, **site.evidence},
                )  # fmt: skip


def _secret(site: Site, seen: Seen, *, letters: bool) -> str | None:
    """Return which secret the names around a call speak of."""
    for text in (str(site.record.get("to", "")), function_at(seen, site.line)):
        words = [word.lower() for word in _WORD.findall(text)]
        if not words or not set(words).isdisjoint(listed("randomness", "other-words")):
            continue
        pairs = [" ".join(pair) for pair in pairwise(words)]
        found = [pair for pair in pairs if pair in listed("randomness", "secret-pairs")]
        found += [word for word in words if word in listed("randomness", "secret-words")]
        if not found and letters:
            found = [word for word in words if word in listed("randomness", "words-of-letters")]
        if found:
            return found[0]
    return None
