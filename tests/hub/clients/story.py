"""What a person does with the client, step by step, as a script for any version of it; prints what was seen as JSON.

python story.py FOLDER    with HF_ENDPOINT, HF_TOKEN and HF_HOME set
"""

import json
import os
import sys
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.utils import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError


def contents(folder):
    folder = Path(folder)
    files = (path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def raises(kind, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except kind:
        return True
    return False


def main(folder):
    api = HfApi()
    name = api.whoami()["name"]
    repo = f"{name}/story"
    seen = {}
    api.create_repo(repo, private=True)
    api.create_repo(repo, exist_ok=True)
    first = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="All of it")
    sent = contents(folder)
    here = Path(snapshot_download(repo, local_dir=Path(os.environ["HF_HOME"]) / "first"))
    got = contents(here)
    seen["same bytes"] = {path: got.get(path) == data for path, data in sent.items()} == dict.fromkeys(sent, True)
    seen["listed"] = sorted(set(api.list_repo_files(repo)) - {".gitattributes"}) == sorted(sent)
    again = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="The same once more")
    seen["nothing new to commit"] = api.repo_info(repo).sha == first.oid and again.oid in (first.oid, None)
    api.upload_file(repo_id=repo, path_or_fileobj=b"changed", path_in_repo="notes/new file.txt")
    seen["small file"] = Path(hf_hub_download(repo, "notes/new file.txt")).read_bytes() == b"changed"
    seen["old revision"] = raises(EntryNotFoundError, hf_hub_download, repo, "notes/new file.txt", revision=first.oid)
    api.create_branch(repo, branch="other", revision=first.oid)
    api.create_tag(repo, tag="v1", revision=first.oid)
    api.upload_file(repo_id=repo, path_or_fileobj=os.urandom(2_000_000), path_in_repo="more.bin", revision="other")
    refs = api.list_repo_refs(repo)
    seen["refs"] = [sorted(ref.name for ref in refs.branches), [ref.name for ref in refs.tags]]
    seen["branch only"] = api.file_exists(repo, "more.bin", revision="other") and not api.file_exists(repo, "more.bin")
    api.delete_file("notes/new file.txt", repo_id=repo)
    seen["deleted"] = not api.file_exists(repo, "notes/new file.txt")
    seen["history"] = [commit.title for commit in api.list_repo_commits(repo)][-2]
    seen["no such file"] = raises(EntryNotFoundError, hf_hub_download, repo, "none.txt")
    seen["no such revision"] = raises(RevisionNotFoundError, hf_hub_download, repo, "README.md", revision="none")
    seen["no such repo"] = raises(RepositoryNotFoundError, hf_hub_download, f"{name}/none", "README.md")
    seen["hidden from others"] = raises(RepositoryNotFoundError, HfApi(token=False).repo_info, repo)
    api.delete_repo(repo)
    seen["repo deleted"] = raises(RepositoryNotFoundError, api.repo_info, repo)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1])
