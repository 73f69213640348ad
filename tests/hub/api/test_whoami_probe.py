import pytest
from huggingface_hub.utils import RepositoryNotFoundError

@pytest.mark.parametrize("hub", ["sqlite", "postgres"], indirect=True)
def test_it(hub):
    hub.organisation("acme", ada="write")
    assert hub.api("ada").whoami()["orgs"][0]["name"] == "acme"
    hub.repo("ada/model", {"README.md": b"hi", "a.bin": bytes(100)})
    with pytest.raises(RepositoryNotFoundError):
        hub.api("ada").repo_info("ada/none")
