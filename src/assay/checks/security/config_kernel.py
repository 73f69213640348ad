"""SEC205: settings that fetch code for attention and other kernels."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.canonical import JSON
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity
from assay.rules import load

__all__ = ["config_kernel"]

_KEYS = ("attn_implementation", "experts_implementation")


@check("SEC205-config-kernel", severity=Severity.HIGH, claims=("json",))
def config_kernel(revision: Revision) -> Iterator[Finding | Fact]:
    """No setting makes the library fetch and run a kernel from a repo.

    Where the name of an attention implementation has a slash, `transformers` takes it for a repo, fetches a kernel from
    there and runs it. Read from a `config.json`, as versions before 5.3 did, that needs no `trust_remote_code`.

    Sample: `"_attn_implementation_internal": "someone/kernel"` in `config.json`.

    Fix: remove the setting, or name an implementation of the library such as `sdpa`. Whoever wants a kernel names it
    when loading.

    References: CVE-2026-4372, CWE-829, Hugging Face documentation of kernels.
    """
    known = tuple(load("config_code")["entries"]["known-kernels"])
    for seen in revision.seen("json"):
        for path, key, value in seen.facts.get("loader_keys", ()):
            if not any(wanted in key for wanted in _KEYS):
                continue
            for name in dict.fromkeys(_texts(value)):
                if "/" in name:
                    repo = name.split("|")[-1] if "|" in name else name
                    yield fail(
                        config_kernel, f"loading this fetches and runs a kernel from {shown(repo)}", file=seen.file,
                        location=seen.at(f"key {path}"), detail={"name": shown(name, 200)},
                        severity=Severity.MEDIUM if repo.startswith(known) and "internal" not in key else Severity.HIGH,
                        fix="Remove the setting, or name an implementation of the library such as sdpa.",
                    )  # fmt: skip


def _texts(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
