"""SEC456: Java classes in schemas of Avro."""

from __future__ import annotations

import json

from tests.make.flatbuffer_files import parquet
from tests.make.revisions import judged, revision


def naming(name, key="java-class"):
    padding = [{"name": f"f{n}", "type": "long"} for n in range(100)]
    field = {"name": "x", "type": {"type": "string", key: name}}
    schema = {"type": "record", "name": "r", "fields": [*padding, field]}
    return parquet({"parquet.avro.schema": json.dumps(schema).encode()})


FAILING = revision({"a.parquet": naming("javax.swing.JEditorPane")})
PASSING = revision({"a.parquet": naming("java.math.BigDecimal"), "b.parquet": naming("String", "avro.java.string")})


def test_keys_and_elements_count_too():
    assert judged("SEC456", revision({"a.parquet": naming("com.evil.X", "java-key-class")}))
