"""POR111: a config that asks for an attention kernel which only some machines have."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["attention_fixed"]

_KEYS = ("attn_implementation", "_attn_implementation", "_attn_implementation_internal")
_FLAGS = ("_flash_attn_2_enabled", "use_flash_attn", "use_flash_attention", "use_flash_attention_2")


@check("POR111-attention-fixed", severity=Severity.LOW)
def attention_fixed(revision: Revision) -> Iterator[Finding | Fact]:
    """The config leaves the choice of the attention kernel to the machine.

    A config that asks for FlashAttention makes loading fail where that package is not installed, which it cannot be on
    a CPU or on Apple. All libraries pick a kernel that is there when the config asks for none.

    Sample: `"_attn_implementation": "flash_attention_2"` in `config.json`.

    Fix: remove the key; whoever wants the kernel asks for it when loading.

    References: transformers documentation, "Attention backends".
    """
    config = revision.config()
    for key in (*_KEYS, *_FLAGS):
        value = config.get(key)
        asked = isinstance(value, str) and value.startswith("flash_attention") if key in _KEYS else value is True
        if asked:
            yield fail(
                attention_fixed, f"the config asks for a kernel that not every machine has: {key} is "
                f"{shown(str(value), 60)}", file="config.json", location=f"key {key}",
                fix=f"Remove {key}; whoever wants the kernel asks for it when loading.",
            )  # fmt: skip
