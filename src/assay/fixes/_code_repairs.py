"""The smallest edit that ends one flaw in Python source, by rule; or why there is none that is surely right."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from assay.canonical import JSON
from assay.fixes._code_commands import as_list
from assay.fixes._code_edits import Source, Span
from assay.fixes._code_texts import basename_of_upload, drawn_by_secrets, escaped

__all__ = ["Outcome", "repair"]


class Outcome(NamedTuple):
    """What was done, or why nothing was."""

    done: str | None = None
    why: str = ""
    hint: str = ""


def repair(source: Source, rule: str, detail: dict[str, JSON], line: int) -> Outcome:
    """Plan the edit for one finding of `rule` (`SEC301`) with its `detail`."""
    if "sets" in detail:
        return _setting(source, str(detail["sets"]), line)
    call = source.call(detail.get("at"))
    if rule in _LEFT:
        return Outcome(None, *_LEFT[rule])
    if rule == "SEC312" and "call" not in detail:
        return _page(source, _returned(source, detail.get("at")))
    if call is None:
        return Outcome(None, "the place cannot be changed on its own", "Mend it by hand.")
    return _REPAIRS[rule](source, call, str(detail["call"]))


def _load(source: Source, call: ast.Call, _name: str) -> Outcome:
    last = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    named = {keyword.arg: keyword for keyword in call.keywords}
    target = _imported(source, call)
    if target in ("torch.load", "torch.hub.load_state_dict_from_url"):
        return _weights_only(source, call, named)
    if target.startswith(("yaml.", "ruamel.yaml.")):
        return _yaml(source, call, named, last, target)
    if "allow_pickle" in named:
        source.remove_argument(call, named["allow_pickle"])
        return Outcome("allow_pickle is left out")
    if target == "numpy.load" and len(call.args) > 2 and isinstance(call.args[2], ast.Constant):
        source.replace(source.span(call.args[2]), "False")
        return Outcome("allow_pickle becomes False")
    if target == "numpy.load" and len(call.args) == 2:
        return Outcome(None, "the argument is not named", "Mend it by hand.")
    if "safe_mode" in named:
        source.remove_argument(call, named["safe_mode"])
        return Outcome("safe_mode=False is left out")
    if target == "numpy.load":
        return Outcome(None, "allow_pickle comes from elsewhere", "Take it out where it is set.")
    return Outcome(None, "no other loader reads such a file", "Keep tensors in safetensors and other data in JSON.")


def _weights_only(source: Source, call: ast.Call, named: dict[str | None, ast.keyword]) -> Outcome:
    if "pickle_module" in named or len(call.args) > 2:
        return Outcome(None, "it names a pickle module of its own", "Load safetensors instead.")
    if None in named:
        return Outcome(None, "some of its arguments come from elsewhere", "Pass weights_only=True by hand.")
    if "weights_only" in named:
        source.replace(source.span(named["weights_only"].value), "True")
    else:
        source.add_argument(call, "weights_only=True")
    return Outcome("weights_only=True")


def _yaml(
    source: Source, call: ast.Call, named: dict[str | None, ast.keyword], last: str, target: str
) -> Outcome:  # fmt: skip
    if None in named:
        return Outcome(None, "some of its arguments come from elsewhere", "Use yaml.safe_load by hand.")
    loader = named["Loader"].value if "Loader" in named else call.args[1] if len(call.args) > 1 else None
    many = "_all" if target.endswith("_all") else ""
    if loader is not None:
        text = f"{source.written(call.func.value)}.SafeLoader" if isinstance(call.func, ast.Attribute) else "SafeLoader"
        if not isinstance(call.func, ast.Attribute):
            source.need_import("yaml", "SafeLoader")
        source.replace(source.span(loader), text)
        return Outcome("the loader becomes SafeLoader")
    if last:
        source.rename_last(call.func, f"safe_load{many}")
        return Outcome(f"{last} becomes safe_load{many}")
    source.replace(source.span(call.func), f"safe_load{many}")
    source.need_import("yaml", f"safe_load{many}")
    return Outcome(f"it becomes safe_load{many}")


def _archive(source: Source, call: ast.Call, _name: str) -> Outcome:
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if last not in ("extractall", "extract", "unpack_archive"):
        if basename_of_upload(source, call):
            return Outcome("only the last part of the name is taken")
        return Outcome(
            None, "which paths are meant to be allowed is not to be guessed",
            "Take os.path.basename of the name, or compare the resolved path with its folder.",
        )  # fmt: skip
    named = {keyword.arg: keyword for keyword in call.keywords}
    if None in named:
        return Outcome(None, "some of its arguments come from elsewhere", 'Pass filter="data" by hand.')
    if "filter" in named:
        source.replace(source.span(named["filter"].value), '"data"')
    else:
        source.add_argument(call, 'filter="data"')
    return Outcome('filter="data"')


def _command(source: Source, call: ast.Call, _name: str) -> Outcome:
    hint = "Pass a list of arguments and no shell, or quote each part by shlex.quote."
    target = _imported(source, call)
    command = call.args[0] if call.args else None
    words = as_list(command) if command is not None else None
    if command is None or words is None:
        return Outcome(None, "a shell may read the command in more ways than a list says", hint)
    shell = [keyword for keyword in call.keywords if keyword.arg == "shell"]
    if target.startswith("subprocess.") and shell:
        source.replace(source.span(command), words)
        source.remove_argument(call, shell[0])
        return Outcome("a list of arguments takes the place of the shell")
    if target == "os.system" and isinstance(source.parent(call), ast.Expr) and len(call.args) == 1:
        source.replace(source.span(call), f"subprocess.run({words}, check=False)")
        source.need_import("subprocess")
        return Outcome("a list of arguments takes the place of the shell")
    return Outcome(None, "what it gives back would not be the same", hint)


def _certificate(source: Source, call: ast.Call, _name: str) -> Outcome:
    for keyword in call.keywords:
        if keyword.arg in ("verify", "verify_ssl", "ssl_verify", "verify_certs", "ssl", "cert_reqs", "check_hostname",
                           "assert_hostname", "validate_certs"):  # fmt: skip
            source.remove_argument(call, keyword)
            return Outcome(f"{keyword.arg} is left out")
    if _last(call.func) == "_create_unverified_context" and source.rename_last(call.func, "create_default_context"):
        return Outcome("it becomes create_default_context")
    if _last(call.func) == "set_missing_host_key_policy" and call.args:
        policy = call.args[0].func if isinstance(call.args[0], ast.Call) else call.args[0]
        if source.rename_last(policy, "RejectPolicy"):
            return Outcome("the policy becomes RejectPolicy")
    return Outcome(None, "the setting comes from elsewhere", "Take it out where it is set.")


def _setting(source: Source, name: str, line: int) -> Outcome:
    """Repair a setting, such as `session.verify = False`."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Assign) or node.targets[0].lineno != line:
            continue
        value = node.value
        if isinstance(value, ast.Constant) and value.value is False:
            source.replace(source.span(value), "True")
            return Outcome(f"{name.rsplit('.', 1)[-1]} becomes True")
        if _last(value) == "CERT_NONE" and source.rename_last(value, "CERT_REQUIRED"):
            return Outcome("CERT_NONE becomes CERT_REQUIRED")
        if _last(value) == "_create_unverified_context" and source.rename_last(value, "create_default_context"):
            return Outcome("the context becomes create_default_context")
    return Outcome(None, "the setting comes from elsewhere", "Take it out where it is set.")


def _cryptography(source: Source, call: ast.Call, _name: str) -> Outcome:
    target = _imported(source, call)
    if target in ("hashlib.md5", "hashlib.sha1"):
        if not source.rename_last(call.func, "sha256"):
            source.replace(source.span(call.func), "sha256")
            source.need_import("hashlib", "sha256")
        return Outcome("the digest becomes SHA-256 (what was stored before has to be made again)")
    for argument in call.args:
        if isinstance(argument, ast.Constant) and str(argument.value).lower() in ("md5", "sha1"):
            source.replace(source.span(argument), '"sha256"')
            return Outcome("the digest becomes SHA-256 (what was stored before has to be made again)")
    return Outcome(None, "another cipher needs other keys and other data", "Encrypt anew with AES in GCM.")


def _xml(source: Source, call: ast.Call, _name: str) -> Outcome:
    named = {keyword.arg: keyword for keyword in call.keywords}
    if "resolve_entities" in named:
        source.replace(source.span(named["resolve_entities"].value), "False")
        return Outcome("resolve_entities becomes False")
    target = _imported(source, call)
    if target.startswith("lxml.etree.") and isinstance(call.func, ast.Attribute) and len(call.args) == 1:
        base = source.written(call.func.value)
        source.add_argument(call, f"parser={base}.XMLParser(resolve_entities=False, no_network=True)")
        return Outcome("the parser expands no entities")
    if _last(call.func) == "setFeature" and len(call.args) == 2:
        source.replace(source.span(call.args[1]), "False")
        return Outcome("the feature is turned off")
    return Outcome(None, "the safe parser is a package of its own", "Add defusedxml and import its parser instead.")


def _temporary(source: Source, call: ast.Call, _name: str) -> Outcome:
    span = source.span(call)
    if not source.rename_last(call.func, "mkstemp"):
        source.replace(source.span(call.func), "mkstemp")
        source.need_import("tempfile", "mkstemp")
    source.replace(Span(span.end, span.end), "[1]")
    return Outcome("mkstemp makes the file and names it")


def _html(source: Source, call: ast.Call, _name: str) -> Outcome:
    return _page(source, call.args[0] if call.args else None)


def _page(source: Source, page: ast.expr | None) -> Outcome:
    if page is not None and escaped(source, page):
        return Outcome("what the request says is escaped")
    return Outcome(None, "which parts of the page are meant as HTML is not to be guessed",
                   "Pass each other part through html.escape, or use render_template.")  # fmt: skip


def _returned(source: Source, place: object) -> ast.expr | None:
    """Return what a function returns at `place`."""
    for node in ast.walk(source.tree):
        value = node.value if isinstance(node, ast.Return) else None
        if isinstance(value, ast.Tuple) and value.elts:
            value = value.elts[0]
        if value is not None and [value.lineno, value.col_offset, value.end_lineno, value.end_col_offset] == place:
            return value
    return None


def _random(source: Source, call: ast.Call, _name: str) -> Outcome:
    module, _, method = _imported(source, call).rpartition(".")
    if module == "random" and drawn_by_secrets(source, call, method):
        return Outcome("the module secrets draws it")
    return Outcome(None, "another generator has no method of the same name", "Use the module secrets.")


def _imported(source: Source, call: ast.Call) -> str:
    """Return what a call's name stands for by the imports of the file; its own text where they say nothing."""
    written = ast.unparse(call.func)
    first, _, rest = written.partition(".")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if first == (alias.asname or alias.name.split(".", 1)[0]):
                    whole = alias.name if alias.asname else first
                    return f"{whole}.{rest}" if rest else whole
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            for alias in node.names:
                if first == (alias.asname or alias.name):
                    return f"{node.module}.{alias.name}{'.' if rest else ''}{rest}"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and not rest:
            given_to = node.targets[0]
            if isinstance(given_to, ast.Name) and given_to.id == first:
                return _imported(source, ast.Call(node.value, [], []))
    return written


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


_REPAIRS: dict[str, Callable[[Source, ast.Call, str], Outcome]] = {
    "SEC301": _load,
    "SEC302": _archive,
    "SEC303": _command,
    "SEC305": _certificate,
    "SEC306": _cryptography,
    "SEC307": _xml,
    "SEC311": _temporary,
    "SEC312": _html,
    "SEC313": _random,
}
_LEFT = {
    "SEC304": ("how the database marks parameters is not to be guessed", "Pass the values beside the statement."),
    "SEC308": (
        "a credential that was public has to be changed, not only removed",
        "Change it where it is used, and read it from the environment.",
    ),
    "SEC309": ("what the text may say is not to be guessed", "Use ast.literal_eval for values, or a table of names."),
    "SEC310": ("which commit was read is not to be guessed", "Read the code of one commit and pass it as revision."),
}
