import os
import pytest

@pytest.mark.parametrize("size",[0,1,10_000_000])
def test_round(hub, tmp_path, size):
    repo = hub.repo("ada/tiny")
    api = hub.api("ada")
    data = os.urandom(size)
    (tmp_path/"model.bin").write_bytes(data)
    api.upload_file(path_or_fileobj=str(tmp_path/"model.bin"), path_in_repo="model.bin", repo_id="ada/tiny")
    got = hub.api("ada").hf_hub_download("ada/tiny", "model.bin", local_dir=tmp_path/"out")
    assert (tmp_path/"out"/"model.bin").read_bytes()==data
    a = hub.ask("HEAD","/ada/tiny/resolve/main/model.bin")
    print(dict(a.headers))
    for line in hub.ask("GET","/metrics").body.decode().splitlines():
        if "xet" in line and "bucket" not in line: print(line)
