"""Both shelves: each test that asks for `place` runs on a folder and on a real S3 server."""

import http.client
import importlib.util
import logging
import os
import secrets

import pytest

from assay.store.blobs import open_blobs

BUCKET = "shelf"


class Folder:
    """A folder, and a way past the store to what lies in it."""

    kind = "folder"

    def __init__(self, root):
        self.root = root
        self.url = str(root)
        self.store = open_blobs(root)

    def names(self):
        """Return the address of everything kept, drafts too."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())

    def raw(self, name):
        return (self.root / name).read_bytes()

    def put_raw(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def drop_raw(self, name):
        (self.root / name).unlink()

    def pending(self):
        """Return uploads that were begun and neither finished nor dropped."""
        return list((self.root / "tmp").iterdir())


class Bucket:
    """A part of a bucket below a prefix, and a way past the store to what lies in it."""

    kind = "s3"

    def __init__(self, endpoint, client):
        self.prefix = secrets.token_hex(8)
        self.url = f"s3://{BUCKET}/{self.prefix}?endpoint={endpoint}"
        self.store = open_blobs(self.url)
        self._client = client

    def names(self):
        found = self._client.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/").get("Contents", [])
        return sorted(item["Key"].removeprefix(f"{self.prefix}/") for item in found)

    def raw(self, name):
        return self._client.get_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}")["Body"].read()

    def put_raw(self, name, data):
        self._client.put_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}", Body=data)

    def drop_raw(self, name):
        self._client.delete_object(Bucket=BUCKET, Key=f"{self.prefix}/{name}")

    def pending(self):
        found = self._client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return [item["Key"] for item in found if item["Key"].startswith(f"{self.prefix}/")]


@pytest.fixture(scope="session")
def s3_server(require):
    """The address of an S3 server on a free port, with one bucket."""
    require("moto", importlib.util.find_spec("moto") is not None, "moto is not installed")
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # optional and heavy

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    connection = http.client.HTTPConnection(host, port)
    connection.request("PUT", f"/{BUCKET}")
    assert connection.getresponse().status == 200
    connection.close()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def s3_client(s3_server):
    import boto3  # noqa: PLC0415  # comes with moto

    login = {"aws_access_key_id": "tester", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3_server, **login)
    yield client
    client.close()


@pytest.fixture
def bucket(request, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return Bucket(request.getfixturevalue("s3_server"), request.getfixturevalue("s3_client"))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "blobs")


@pytest.fixture(params=["folder", "bucket"])
def place(request):
    return request.getfixturevalue(request.param)
