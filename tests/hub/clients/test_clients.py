"""Clients as they are published, each in an environment of its own, against a hub process."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from assay.examples import build

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[2] / ".clients"
CLIENTS = {
    "newest": ("2", {}),
    "newest without xet": ("2", {"HF_HUB_DISABLE_XET": "1"}),
    "newest 1.x": ("1", {}),
    "0.36": ("0.36", {}),
}


class Client:
    """The programs of one environment, with a home of their own."""

    def __init__(self, folder: Path, home: Path, hub, token: str, settings: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(home),
            "HF_HOME": str(home / "hf"),
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": token,
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **settings,
        }

    def run(self, program: str, *arguments: str | Path, timeout: int = 300) -> str:
        done = subprocess.run(
            [self.folder / "bin" / program, *arguments],
            check=False, env=self.environment, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def client(request, hub, tmp_path, require):
    version, settings = CLIENTS[request.param]
    folder = ENVIRONMENTS / version
    require("clients", (folder / "bin" / "python").exists(), f"{folder} is missing: run make clients")
    return Client(folder, tmp_path, hub, hub.token("ada"), settings)


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    build("apache-clean", folder)
    (folder / "extra").mkdir()
    (folder / "extra" / "weights.bin").write_bytes(os.urandom(3_000_000))
    (folder / "extra" / "empty.txt").write_bytes(b"")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_a_model_travels_there_and_back(client, model):
    seen = json.loads(client.run("python", HERE / "story.py", model).splitlines()[-1])
    assert seen.pop("refs") == [["main", "other"], ["v1"]]
    assert seen.pop("history") == "All of it"
    assert seen == dict.fromkeys(seen, True)


@pytest.mark.slow
@pytest.mark.parametrize("client", ["newest"], indirect=True)
def test_the_command_uploads_and_downloads(client, model, tmp_path):
    client.run("hf", "upload", "ada/by-command", model)
    client.run("hf", "download", "ada/by-command", "--local-dir", tmp_path / "got")
    sent = {path.relative_to(model): path.read_bytes() for path in model.rglob("*") if path.is_file()}
    assert {path: (tmp_path / "got" / path).read_bytes() for path in sent} == sent
    client.run("hf", "download", "ada/by-command")
    assert "ada/by-command" in client.run("hf", "cache", "ls")


@pytest.mark.slow
@pytest.mark.parametrize("client", ["newest"], indirect=True)
def test_transformers_and_datasets(client, tmp_path, require):
    torch = ENVIRONMENTS / "2" / "lib"
    require("torch", any(torch.glob("python*/site-packages/torch/__init__.py")), "torch is not in .clients/2")
    seen = json.loads(client.run("python", HERE / "frameworks.py", tmp_path).splitlines()[-1])
    assert seen == {"same weights": True, "same rows": True}
