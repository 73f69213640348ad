"""Published cases where a repo says one thing and its tag another: the verdict, and the clause that decides it."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from tests.make.licence_files import MIT, USE_POLICY
from tests.make.revisions import card, document, revision

from assay.checks import judge
from assay.finding import Axis, Outcome, Severity
from assay.lineage import lineage, terms

KIMI = MIT.replace(b"MIT License", b"Modified MIT License", 1) + (
    b"\nOur only modification part is that, if the Software (or any derivative works thereof) is used for any of your "
    b"commercial products or services that have more than 100 million monthly active users, or more than 20 million "
    b'US dollars in monthly revenue, you shall prominently display "Kimi K2" on the user interface of such product '
    b"or service.\n"
)
NC_SA = b"Attribution-NonCommercial-ShareAlike 4.0 International\n\n" + b"Words of the deed. " * 40
POLICY = (
    b"Llama 4 Acceptable Use Policy\n\nWith respect to any multimodal models included in Llama 4, the rights granted "
    b"are not being granted to you if you are an individual domiciled in the European Union.\n"
)


class Case(NamedTuple):
    files: dict
    rule: str
    severity: Severity
    says: str
    """Words of the message: the clause, or the licence that holds."""
    open: bool | None
    """What is in effect; None for unresolved."""


CASES = {
    # facebookresearch/ImageBind issue 5: the tag of a copy against the licence of the repo.
    "ImageBind, a copy tagged MIT": Case(
        {"README.md": card(license="mit"), "LICENSE": NC_SA}, "OPN104", Severity.HIGH, "NonCommercial-ShareAlike", False
    ),
    "ImageBind, a child": Case(
        {"README.md": card(license="apache-2.0", base_model="facebook/imagebind-huge")}, "OPN103", Severity.HIGH,
        "no commercial use (section 2(a)(1))", False,
    ),
    # The list of weights that timm, itself Apache-2.0, carries under CC-BY-NC-4.0.
    "timm, SWSL": Case(
        {"README.md": card(license="apache-2.0", base_model="timm/resnext101_32x8d.fb_swsl_ig1b_ft_in1k")}, "OPN103",
        Severity.HIGH, "no commercial use (section 2(a)(1))", False,
    ),
    "timm, ConvNeXt V2": Case(
        {"README.md": card(license="llama2", base_model="timm/convnextv2_base.fcmae_ft_in22k_in1k")}, "OPN110",
        Severity.HIGH, "section 2(a)(1)", False,
    ),
    # moonshotai/Kimi-K2: MIT plus one clause.
    "Kimi K2, tagged MIT": Case(
        {"README.md": card(license="mit"), "LICENSE": KIMI}, "OPN104", Severity.HIGH, "Kimi K2", False
    ),
    "Kimi K2, as declared": Case(
        {"README.md": card(license="other", license_name="modified-mit"), "LICENSE": KIMI}, "OPN105", Severity.MEDIUM,
        "100,000,000 MAU or 20,000,000 USD monthly revenue (last paragraph)", False,
    ),
    "Kimi K2, a quantised copy tagged MIT": Case(
        {"README.md": card(license="mit", base_model="moonshotai/Kimi-K2-Instruct", base_model_relation="quantized")},
        "OPN103", Severity.HIGH, "(last paragraph)", False,
    ),
    "MIT plus a restriction of one's own": Case(
        {"README.md": card(license="mit"), "LICENSE": MIT + b"\nThe Software may not be used commercially.\n"},
        "OPN104", Severity.HIGH, "words that restrict", None,
    ),
    # Llama 4: the exclusion stands in the use policy, not in the licence.
    "Llama 4, the European Union": Case(
        {"README.md": card(license="llama4", pipeline_tag="image-text-to-text"), "USE_POLICY.md": POLICY}, "OPN105",
        Severity.MEDIUM, "(Acceptable Use Policy, paragraph on multimodal models)", False,
    ),
    # ollama issue 4561 and WestWaters/pollard-weights PR 66: tools that write apache-2.0 whatever the base.
    "LLaVA on Vicuna, tagged Apache": Case(
        {"README.md": card(license="apache-2.0", base_model="lmsys/vicuna-7b-v1.5")}, "OPN103", Severity.HIGH,
        "(section 1(b)(v))", False,
    ),
    "a quantised Gemma, tagged Apache": Case(
        {"README.md": card(license="apache-2.0", base_model="google/gemma-2-9b", base_model_relation="quantized")},
        "OPN103", Severity.HIGH, "(section 3.2)", False,
    ),
    # facebookresearch/audiocraft: code MIT, weights not for commerce.
    "AudioCraft, weights tagged MIT": Case(
        {"README.md": card(license="mit", base_model="facebook/musicgen-small"), "LICENSE": MIT}, "OPN103",
        Severity.HIGH, "(section 2(a)(1))", False,
    ),
    # deepseek-ai/DeepSeek-R1, section 7 of its README.
    "R1 upon Llama, tagged MIT": Case(
        {"README.md": card(license="mit", base_model="deepseek-ai/DeepSeek-R1-Distill-Llama-8B"), "LICENSE": MIT},
        "OPN103", Severity.HIGH, "(section 1(b)(i))", False,
    ),
    # OSI on Llama 2: fields of use and persons.
    "Llama 2, tagged open source": Case(
        {"README.md": card(license="llama2", tags=["open-source"]), "USE_POLICY.md": USE_POLICY}, "OPN103",
        Severity.MEDIUM, "(section 2)", False,
    ),
    # transformers issues 3357 and 7668: no tag at all; arXiv 2602.08816: a tag without the text.
    "no tag": Case({"README.md": card()}, "OPN101", Severity.MEDIUM, "nobody may use this", None),
    "a tag without the text": Case({"README.md": card(license="mit")}, "OPN102", Severity.LOW, "missing", True),
    "a private parent": Case(
        {"README.md": card(license="mit", base_model="someone/private"), "LICENSE": MIT}, "OPN113", Severity.MEDIUM,
        "unresolved", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_verdict_names_the_clause_that_decides(case):
    judgement = judge(revision(case.files))
    found = [one for one in judgement.findings if one.rule.startswith(case.rule) and one.outcome is not Outcome.PASS]
    assert any(one.severity is case.severity and case.says in one.message for one in found), found
    origin = lineage(judgement.facts["lineage"])
    assert terms(judgement.facts["licence"], origin.parents).items["open"].value is case.open
    for one in judgement.findings:
        if one.axis is Axis.OPEN and one.outcome is Outcome.FAIL and one.severity.rank >= Severity.MEDIUM.rank:
            assert one.fix, one


def test_the_clause_of_llama_4_does_not_reach_a_llama_3_2_that_reads_text_only():
    what = revision(
        {"README.md": card(license="llama3.2"), "config.json": document(architectures=["LlamaForCausalLM"])}
    )
    messages = [one.message for one in judge(what).findings if one.rule.startswith("OPN105")]
    assert not any("multimodal" in message for message in messages)
