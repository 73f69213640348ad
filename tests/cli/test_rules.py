"""`assay rules`: a pack is tried, signed, and enabled where it behaves, is precise, and a trusted key signed it."""

import hashlib
import json

import pytest

from assay.hub.config import load_config
from assay.hub.node import open_node

SHELL = b"import os\n\n\ndef helper():\n    os.system('true')\n"
PLAIN = b"import math\n\n\ndef helper():\n    return math.pi\n"


@pytest.fixture
def pack(tmp_path):
    """A folder with a pack of one rule, 20 samples that it has to match and one that it must not."""
    folder = tmp_path / "acme"
    (folder / "samples").mkdir(parents=True)
    samples = []
    for number in range(21):
        data = PLAIN if number == 0 else SHELL + b"# %d\n" % number
        (folder / "samples" / f"{number}.py").write_bytes(data)
        samples.append({"file": f"samples/{number}.py", "path": "modeling.py" if number < 2 else f"m{number}.py",
                        "sha256": hashlib.sha256(data).hexdigest(), "matches": number > 0})  # fmt: skip
    rule = {
        "id": "acme/hidden-shell", "title": "A helper starts a shell", "what": "It calls os.system.",
        "why": "That runs what it is told.", "fix": "Remove the call.", "severity": "high", "confidence": "medium",
        "match": {"formats": ["python"], "where": {"fact": "facts.calls.*.name", "equals": "os.system"}},
        "samples": samples,
    }  # fmt: skip
    document = {"schema": "assay.rulepack/v1", "id": "acme", "version": "1", "licence": "CC0-1.0", "maker": "Acme Labs"}
    (folder / "pack.json").write_text(json.dumps({**document, "rules": [rule]}))
    return folder


@pytest.fixture
def models(tmp_path):
    """Two ordinary models, one of which calls a shell itself."""
    for name, code in (("quiet", PLAIN), ("loud", SHELL)):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "modeling.py").write_bytes(code)
    return tmp_path / "models"


def test_from_trying_to_finding(assay, pack, models, tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "ASSAY_KEY": str(tmp_path / "key.pem")}
    tried = assay("rules", "check", pack, "--against", models, env=env)
    assert tried.code == 0, tried.err
    assert "20 of 20 samples found, 1 of 3 ordinary ones flagged" in tried.out
    assert "finds something in loud" in tried.out
    assert "precision 0.952 (0.77" in tried.out

    assert assay("rules", "enable", pack, env=env).code == 2
    assert "cannot read" in assay("rules", "enable", pack, "--against", models, env=env).err
    assert assay("rules", "sign", pack, env=env).code == 0
    assert assay("rules", "enable", pack, "--against", models, env=env).code == 1
    enabled = assay("rules", "enable", pack, "--against", models, "--precision", "0.7", env=env)
    assert enabled.code == 0, enabled.err
    assert "acme 1, by Acme Labs: 1 rules" in assay("rules", "list", env=env).out

    plain = json.loads(assay("scan", models / "loud", "--format", "json").out)
    found = json.loads(assay("scan", models / "loud", "--format", "json", env=env).out)
    assert found["packs"][0]["findings"][0]["rule"] == "acme/hidden-shell"
    assert found["axes"]["secure"]["outcome"] == plain["axes"]["secure"]["outcome"]
    assert found["findings"] == plain["findings"]
    shown = assay("scan", models / "loud", env=env).out
    assert "Rule pack acme 1 by Acme Labs, in no axis: 1 finding" in shown
    sarif = json.loads(assay("scan", models / "loud", "--format", "sarif", env=env).out)
    assert [one["kind"] for one in sarif["runs"][0]["results"] if one["ruleId"] == "acme/hidden-shell"] == ["review"]

    for form in ("md", "html"):
        assert "by Acme Labs, in no axis: 1 finding" in assay("scan", models / "loud", "--format", form, env=env).out
    policy = tmp_path / "strict.yaml"
    policy.write_text(
        "name: strict\ndeny:\n  - name: theirs\n    when: size(pack_findings) > 0\n    say: A pack found it.\n"
    )
    refused = json.loads(assay("scan", models / "loud", "--format", "json", "--policy", policy, env=env).out)
    assert refused["verdict"]["outcome"] == "refuse"

    (tmp_path / "config" / "assay" / "rule-packs" / "acme" / "pack.json").write_bytes(b"{}")
    assert assay("scan", models / "quiet", env=env).code == 2
    assert assay("rules", "disable", "acme", env=env).code == 0
    assert assay("rules", "disable", "acme", env=env).code == 2


def test_a_rule_of_a_pack_is_explained_and_traced(assay, pack, models, tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "ASSAY_KEY": str(tmp_path / "key.pem")}
    assert "no enabled rule pack" in assay("explain", "acme/hidden-shell", env=env).err
    assert assay("rules", "sign", pack, env=env).code == 0
    assert assay("rules", "enable", pack, "--against", models, "--precision", "0.7", env=env).code == 0
    told = assay("explain", "acme:hidden-shell", "--trace", models / "loud", env=env)
    assert told.code == 0, told.err
    for text in ("high, confidence medium", "rule pack acme 1 by Acme Labs", "It calls os.system.", "Fix: Remove",
                 "fail: A helper starts a shell", "at     modeling.py"):  # fmt: skip
        assert text in told.out
    assert assay("explain", "acme/hidden-shell", env=env).out == told.out.partition("\nIn ")[0]
    assert "acme/hidden-shell" in assay("explain", env=env).out


def test_a_signature_of_another_pack_or_key_does_not_count(assay, pack, models, tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "ASSAY_KEY": str(tmp_path / "key.pem")}
    assert assay("rules", "sign", pack, env=env).code == 0
    other = assay("rules", "enable", pack, "--against", models, env={**env, "ASSAY_KEY": str(tmp_path / "none.pem")})
    assert other.code == 2
    assert "that public key is not here" in other.err
    changed = (pack / "pack.json").read_text().replace("Acme Labs", "Someone")
    (pack / "pack.json").write_text(changed)
    assert "not a signature of this pack" in assay("rules", "enable", pack, "--against", models, env=env).err


def test_a_sample_that_does_not_behave_or_was_changed(assay, pack):
    document = json.loads((pack / "pack.json").read_text())
    document["rules"][0]["samples"][1]["matches"] = False
    (pack / "pack.json").write_text(json.dumps(document))
    tried = assay("rules", "check", pack)
    assert tried.code == 1
    assert "sample samples/1.py is matched" in tried.out
    (pack / "samples" / "1.py").write_bytes(b"")
    assert assay("rules", "check", pack).code == 2


def test_a_hub_goes_by_the_same_packs(assay, pack, models, tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "ASSAY_KEY": str(tmp_path / "key.pem")}
    hub = tmp_path / "hub"
    open_node(load_config(hub)).close()
    assert assay("rules", "sign", pack, env=env).code == 0
    asked = ("rules", "enable", pack, "--against", models, "--precision", "0.7", "--hub", hub)
    enabled = assay(*asked, env=env)
    assert enabled.code == 0, enabled.err
    assert "due to be judged again: 0 revisions" in enabled.out
    assert "acme 1, by Acme Labs: 1 rules" in assay("rules", "list", "--hub", hub, env=env).out
    assert assay("rules", "list", env=env).out == ""
    assert assay("rules", "disable", "acme", "--hub", hub, env=env).code == 0
    assert "no rule pack 'acme' is enabled" in assay("rules", "disable", "acme", "--hub", hub, env=env).err
    assert assay("rules", "list", "--hub", tmp_path / "nowhere", env=env).code == 2
    assert "nothing to do with a hub" in assay("rules", "check", pack, "--hub", hub, env=env).err
