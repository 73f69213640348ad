"""SEC453: entities in XML."""

from __future__ import annotations

import pytest
from tests.make.revisions import judged, revision

_NET = b'<?xml version="1.0"?>\n<net name="m" version="11"><layers/></net>'
FAILING = revision(
    {"m.pmml": b'<!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<PMML version="4.4">&x;</PMML>'}
)
PASSING = revision({
    "openvino_model.xml": _NET,
    "a.pmml": b'<?xml version="1.0"?><PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/></PMML>',
    "logo.svg": b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/x.dtd"><svg/>',
    "short.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY n "name">]><a>&n;</a>',
})  # fmt: skip


@pytest.mark.parametrize("data", [
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY % p SYSTEM "http://x/y.dtd"> %p;]><a/>',
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE net SYSTEM "http://x/y.dtd"><net/>',
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b PUBLIC "p" "x">]><a/>'.encode("utf-16"),
])  # fmt: skip
def test_what_leads_elsewhere_or_swells_fails(data):
    assert judged("SEC453", revision({"m.xml": data}))


def test_swelling_costs_nothing():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    data = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "x">{levels}]><a>&l29;</a>'.encode()
    assert judged("SEC453", revision({"m.xml": data}))
