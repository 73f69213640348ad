"""Outgoing requests: what is refused, what is bounded, and what stays private on the way."""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import socket
import ssl
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.make.fake_hub import FakeHub, Reply

from assay.egress import ByteRange, Egress, EgressLimits, origin
from assay.egress.target import is_public
from assay.errors import RemoteError

QUICK = EgressLimits(connect=0.5, silence=0.2, request=0.4, total=2.0, headers=8 * 1024)
TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture
def hub():
    with FakeHub({}) as hub:
        yield hub


@pytest.fixture
def egress():
    with Egress(QUICK, allow_private=True) as egress:
        yield egress


def test_the_reference_tells_the_limits():
    limits = EgressLimits()
    text = (Path(__file__).parents[1] / "docs/reference/egress.md").read_text()
    for seconds in (limits.connect, limits.silence, limits.request, limits.total):
        assert f"| {seconds:g} s |" in text
    assert f"| {limits.headers // 1024} KiB, 100 lines |" in text


def ask(egress, hub, reply, *, max_bytes=1000, byte_range=None):
    hub.script["/x"] = reply
    return egress.get_following(f"{hub.url}/x", max_bytes=max_bytes, byte_range=byte_range)


def refused(egress, hub, reply, words, **more):
    started = time.monotonic()
    with pytest.raises(RemoteError, match=words) as caught:
        ask(egress, hub, reply, **more)
    assert time.monotonic() - started < 2
    assert caught.value.hint()
    return caught.value


def test_an_answer_comes_with_lower_case_headers_and_is_counted(hub, egress):
    response = ask(egress, hub, Reply(headers={"X-One": "1"}, body=b"hello"))
    assert (response.status, response.body, response.headers["x-one"]) == (200, b"hello", "1")
    assert egress.requests == 1
    assert egress.bytes_received == hub.sent > 5


def test_nothing_is_asked_for_that_would_change_the_bytes(hub, egress):
    ask(egress, hub, Reply(), byte_range=ByteRange(5, 10))
    headers = hub.requests[0].headers
    assert headers["accept-encoding"] == "identity"
    assert headers["range"] == "bytes=5-14"
    assert "cookie" not in headers


def test_many_requests_share_one_connection_and_survive_its_end(hub, egress):
    for _ in range(5):
        ask(egress, hub, Reply(body=b"x"))
    assert len({request.port for request in hub.requests}) == 1
    ask(egress, hub, Reply(headers={"Content-Length": "1"}, body=[b"x", b""]))
    # The server closes the idle connection without a word; the next request opens another.
    hub.script["/x"] = Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    egress.get(f"{hub.url}/x", max_bytes=10)
    time.sleep(0.05)
    assert ask(egress, hub, Reply(body=b"again")).body == b"again"


def test_a_chunked_answer_is_read(hub, egress):
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    assert ask(egress, hub, Reply(raw=raw)).body == b"abcde"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=b"x" * 1001), "more than the 1,000 bytes"),
        (Reply(body=[b"x" * 600, b"x" * 600]), "more than the 1,000 bytes"),
        (Reply(body=itertools.repeat(b"x" * 500)), "more than the 1,000 bytes"),
        (Reply(headers={"Content-Length": "999999999999"}), "more than the 1,000 bytes"),
        (Reply(headers={"Content-Length": "50"}, body=[b"short"]), "broke off after 5 of 50 bytes"),
        (Reply(headers={"Content-Length": "50"}, body=itertools.repeat(b"x"), pause=0.05), "in time"),
        (Reply(body=[b"late"], pause=0.5), "in time"),
        (Reply(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b"), "Content-Encoding gzip"),
        (Reply(headers={"Transfer-Encoding": "gzip"}, body=b"\x1f\x8b"), "Transfer-Encoding gzip"),
        (Reply(raw=b"SSH-2.0-OpenSSH_9.9\r\n"), "does not speak HTTP"),
        (Reply(raw=b""), "broke off the connection"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"), "does not speak HTTP"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nA: " + b"b" * 20_000), "more than is allowed"),
        (Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "more than is allowed"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"), "does not speak HTTP"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"), "does not speak HTTP"),
        (
            Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * 50_000),
            "more than is allowed",
        ),
        (Reply(301), "301 Moved Permanently"),
        (Reply(304), "304 Not Modified"),
    ],
)
def test_a_bad_answer_is_a_clear_error_in_bounded_time(hub, egress, reply, words):
    refused(egress, hub, reply, words)


@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (401, {}, "Set HF_TOKEN"),
        (403, {}, "Accept the terms"),
        (404, {}, "private repo"),
        (416, {}, "shorter"),
        (429, {}, "fewer requests"),
        (429, {"Retry-After": "30"}, "wait 30 seconds"),
        (500, {}, "try again later"),
        (599, {}, "try again later"),
    ],
)
def test_a_refusal_says_what_to_do(hub, egress, status, headers, hint):
    error = refused(egress, hub, Reply(status, {**headers, "X-Error-Message": "No\x1b[2J way"}), f"{status} .*No")
    assert hint in error.hint()
    assert "\x1b" not in str(error)


def test_the_body_of_a_refusal_may_be_endless(hub, egress):
    refused(egress, hub, Reply(503, body=itertools.repeat(b"x" * 1000)), "503")


def test_a_server_that_ignores_ranges_is_called_so(hub, egress):
    refused(egress, hub, Reply(body=b"x" * 5000), "ignores Range", byte_range=ByteRange(0, 10), max_bytes=10)


def test_all_requests_together_are_bounded(hub):
    with Egress(EgressLimits(total=0.3), allow_private=True) as egress:
        hub.script["/x"] = Reply(body=[b"x"], pause=0.2)
        egress.get(f"{hub.url}/x", max_bytes=10)
        with pytest.raises(RemoteError, match="in time"):
            egress.get(f"{hub.url}/x", max_bytes=10)
        with pytest.raises(RemoteError, match="altogether"):
            egress.get(f"{hub.url}/x", max_bytes=10)


def test_redirects_are_followed_and_remembered(hub, egress):
    hub.script["/end"] = Reply(body=b"here")
    response = ask(egress, hub, Reply(302, {"Location": "/end?sig=1", "X-Repo-Commit": "c"}))
    assert response.body == b"here"
    assert response.url.endswith("/end?sig=1")
    assert [hop.headers["x-repo-commit"] for hop in response.via] == ["c"]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/x", "redirects more than 3 times"),
        ("file:///etc/passwd", "not an http or https address"),
        ("http://user:pass@127.0.0.1/", "user name"),
        ("http://[::1", "not an address"),
        ("http://127.0.0.1:99999/", "not an address"),
    ],
)
def test_a_bad_redirect_is_refused(hub, egress, location, words):
    refused(egress, hub, Reply(302, {"Location": location}), words)


def test_a_basic_request_does_not_follow(hub, egress):
    hub.script["/x"] = Reply(307, {"Location": "/y"})
    assert egress.get(f"{hub.url}/x", max_bytes=10).status == 307


def test_a_token_stays_behind_when_the_host_changes(hub, egress):
    with FakeHub({}) as elsewhere:
        elsewhere.script["/back"] = Reply(302, {"Location": f"{hub.url}/end"})
        hub.script |= {"/x": Reply(302, {"Location": f"{elsewhere.url}/back"}), "/end": Reply()}
        egress.get_following(f"{hub.url}/x", headers=TOKEN, max_bytes=10)
        assert hub.requests[0].headers["authorization"] == "Bearer secret"
        assert "authorization" not in elsewhere.requests[0].headers
        assert "authorization" not in hub.requests[1].headers


class FakeNetwork:
    """Names that resolve to chosen addresses, all of which lead to one local port."""

    def __init__(self, monkeypatch, port, **names):
        self.names = {name.replace("_", "."): addresses for name, addresses in names.items()}
        self.resolved, self.dialled = [], []
        connect, resolve = socket.create_connection, socket.getaddrinfo

        def getaddrinfo(host, port, *rest, **more):
            if host == "127.0.0.1":
                return resolve(host, port, *rest, **more)
            self.resolved.append(host)
            if host not in self.names:
                raise socket.gaierror(-2, "Name or service not known")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in self.names[host]]

        def create_connection(address, timeout):
            self.dialled.append(address[0])
            return connect(("127.0.0.1", port), timeout)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket, "create_connection", create_connection)


def test_a_name_is_resolved_once_and_its_address_pinned(hub, monkeypatch):
    network = FakeNetwork(monkeypatch, hub.port, hub_test=["8.8.8.8"])
    hub.script["/x"] = Reply(headers={"Connection": "close"})
    with Egress(QUICK) as egress:
        egress.get("http://hub.test/x", max_bytes=10)
        network.names["hub.test"] = ["127.0.0.1"]
        egress.get("http://hub.test/x", max_bytes=10)
    assert network.resolved == ["hub.test"]
    assert set(network.dialled) == {"8.8.8.8"}
    assert hub.requests[0].headers["host"] == "hub.test"


@pytest.mark.parametrize("addresses", [["10.1.2.3"], ["8.8.8.8", "127.0.0.1"], ["::ffff:192.168.0.1"]])
def test_a_name_that_leads_into_a_private_network_is_refused(hub, monkeypatch, addresses):
    network = FakeNetwork(monkeypatch, hub.port, hub_test=addresses)
    with Egress(QUICK) as egress, pytest.raises(RemoteError, match="private or reserved"):
        egress.get("http://hub.test/x", max_bytes=10)
    assert network.dialled == []


def test_no_redirect_leads_from_public_to_private_even_where_private_is_allowed(hub, monkeypatch):
    network = FakeNetwork(monkeypatch, hub.port, hub_test=["8.8.8.8"], metadata_test=["169.254.169.254"])
    hub.script["/x"] = Reply(302, {"Location": "http://metadata.test/"})
    with Egress(QUICK, allow_private=True) as egress, pytest.raises(RemoteError, match="into a private network"):
        egress.get_following("http://hub.test/x", max_bytes=10)
    assert network.dialled == ["8.8.8.8"]


def test_a_token_never_travels_in_the_clear_to_a_public_host(hub, monkeypatch):
    network = FakeNetwork(monkeypatch, hub.port, hub_test=["8.8.8.8"])
    with Egress(QUICK) as egress, pytest.raises(RemoteError, match="unencrypted"):
        egress.get("http://hub.test/x", headers=TOKEN, max_bytes=10)
    assert network.dialled == []


def test_an_unknown_host_and_a_closed_port_are_told_apart(monkeypatch):
    with Egress(QUICK, allow_private=True) as egress:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(RemoteError, match="refuses the connection"):
            egress.get(f"http://127.0.0.1:{port}/", max_bytes=10)
        FakeNetwork(monkeypatch, 0)
        with pytest.raises(RemoteError, match="no host nowhere"):
            egress.get("http://nowhere.test/", max_bytes=10)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://hub.test/",
        "https://",
        "https:///x",
        "https://hub.test:port/",
        "https://user@hub.test/",
        "https://hub.test/a b",
        "https://hub.test/ä",
        "https://hub.test/a\r\nX: y",
        "https://" + "a" * 70 + ".test/",
    ],
)
def test_an_address_that_makes_no_sense_is_refused(egress, url):
    with pytest.raises(RemoteError):
        egress.get(url, max_bytes=10)
    assert egress.requests == 0


def test_an_origin_is_scheme_host_and_port():
    assert origin("https://Hub.Test:443/a?b") == "https://hub.test"
    assert origin("http://[::1]:8080/a") == "http://[::1]:8080"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("::ffff:8.8.8.8", True),
        ("0.0.0.0", False),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("64:ff9b::7f00:1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_public(address, public):
    assert is_public(address) is public


@pytest.fixture
def secure_hub(tmp_path, monkeypatch):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub.test")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("hub.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "hub.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with FakeHub({}, tls=context) as hub:
        yield hub


def test_a_certificate_is_checked_for_the_name_not_the_address(secure_hub, monkeypatch):
    secure_hub.script["/x"] = Reply(body=b"safe")
    FakeNetwork(monkeypatch, secure_hub.port, hub_test=["8.8.8.8"], other_test=["8.8.8.8"])
    with Egress(QUICK) as egress:
        assert egress.get("https://hub.test/x", headers=TOKEN, max_bytes=10).body == b"safe"
        with pytest.raises(RemoteError, match="certificate of other"):
            egress.get("https://other.test/x", max_bytes=10)


def test_an_unknown_authority_and_no_tls_are_told(secure_hub, hub, egress, monkeypatch, tmp_path):
    with pytest.raises(RemoteError, match="no TLS with"):
        egress.get(hub.url.replace("http:", "https:"), max_bytes=10)
    (tmp_path / "none.pem").write_bytes(b"")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(RemoteError, match="certificate of 127") as caught:
        egress.get(secure_hub.url, max_bytes=10)
    assert "SSL_CERT_FILE" in caught.value.hint()


def test_no_redirect_leads_from_https_to_http(secure_hub, hub, egress):
    secure_hub.script["/x"] = Reply(302, {"Location": f"{hub.url}/x"})
    with pytest.raises(RemoteError, match="from https to http"):
        egress.get_following(f"{secure_hub.url}/x", max_bytes=10)
    assert hub.requests == []
