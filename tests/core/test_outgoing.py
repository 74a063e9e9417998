"""What the site asks of other machines: never its own network, never endlessly."""

import contextlib
import socket
import ssl
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.core import outgoing
from app.core.db import now
from app.core.outgoing import Allowed, NotOutside, Unreachable, fetch, is_outside

WITHIN = [
    "127.0.0.1", "127.8.9.1", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "168.63.129.16", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
    "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("address", WITHIN)
def test_what_is_not_the_internet_is_within(address):
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_what_everybody_reaches_is_outside(address):
    assert is_outside(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "http://2130706433/",  # 127.0.0.1 as one number
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "http:///path",
        "http://user:secret@example.com/",
        "http://example.com:25/",
        "http://example.com:99999/",
        "http://example.com/a b",
        "http://example.com/\r\nHost: within",
        "nonsense",
        "",
    ],
)
def test_an_address_that_leads_within_or_nowhere_is_not_asked(url):
    with pytest.raises(NotOutside):
        fetch("GET", url)


@pytest.mark.parametrize("entry", ["https://login.lan", "user@login.lan", "login.lan/path", "login.lan:x"])
def test_a_mistyped_exception_is_noticed(entry):
    with pytest.raises(ValueError, match="login"):
        Allowed.read([entry])


# A machine of our own


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        port = self.server.server_port
        match self.path:
            case "/large":
                self._answer(200, b"x" * 5000)
            case "/packed":
                self._answer(200, b"\x1f\x8b not unpacked", **{"Content-Encoding": "gzip"})
            case "/to-here":
                self._answer(302, Location="/here")
            case "/to-another":
                self._answer(302, Location=f"http://127.0.0.2:{port}/here")
            case "/to-metadata":
                self._answer(302, Location="http://169.254.169.254/")
            case "/to-file":
                self._answer(302, Location="file:///etc/passwd")
            case "/round":
                self._answer(302, Location="/round")
            case _:
                self._answer(200, b'{"well": true}')

    do_POST = do_GET  # noqa: N815 - the server asks for it by this name.

    def _answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        pass


@pytest.fixture
def machine():
    """A web server on this machine, which is allowed for once."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    outgoing.configure(Allowed.read(["127.0.0.0/30"]))
    yield server
    outgoing.configure(Allowed())
    server.shutdown()
    server.server_close()


def at(server, path="/", host="127.0.0.1"):
    return f"http://{host}:{server.server_port}{path}"


def test_an_answer_comes_back_whole(machine):
    answer = fetch("POST", at(machine, "/x?y=1"), body=b"typed", headers={"X-Mine": "1"})
    assert (answer.status, answer.json(), answer.url) == (200, {"well": True}, at(machine, "/x?y=1"))
    command, path, headers = machine.asked[0]
    assert (command, path, headers["X-Mine"], headers["Host"]) == (
        "POST",
        "/x?y=1",
        "1",
        f"127.0.0.1:{machine.server_port}",
    )


def test_a_host_of_ones_own_network_is_asked_only_where_it_is_allowed(machine):
    outgoing.configure(Allowed.read([f"localhost:{machine.server_port}"]))
    assert fetch("GET", at(machine, host="localhost")).status == 200
    with pytest.raises(NotOutside):
        fetch("GET", at(machine))
    outgoing.configure(Allowed())
    with pytest.raises(NotOutside):
        fetch("GET", at(machine, host="localhost"))
    assert len(machine.asked) == 1


def test_the_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(machine, monkeypatch):
    asked = []

    def resolve(host, port, **_rest):
        asked.append(host)
        where = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert fetch("GET", at(machine, host="changing.example")).status == 200
    assert asked == ["changing.example"]
    assert machine.asked[0][2]["Host"] == f"changing.example:{machine.server_port}"


def test_one_address_within_is_enough_to_ask_none_of_them(machine, monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (where, 80)) for where in ("127.0.0.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_where, **_rest: both)
    with pytest.raises(NotOutside, match=r"10\.0\.0\.1"):
        fetch("GET", at(machine, host="two-faced.example"))
    assert not machine.asked


def test_redirects_are_followed_only_when_asked_for(machine):
    assert fetch("GET", at(machine, "/to-here")).status == 302
    assert fetch("GET", at(machine, "/to-here"), redirects=1).url == at(machine, "/here")


@pytest.mark.parametrize("path", ["/to-metadata", "/to-file"])
def test_a_redirect_is_looked_at_like_any_address(machine, path):
    with pytest.raises(NotOutside):
        fetch("GET", at(machine, path), redirects=3)


def test_redirects_come_to_an_end(machine):
    with pytest.raises(Unreachable, match="one redirect too many"):
        fetch("GET", at(machine, "/round"), redirects=99)
    assert len(machine.asked) == outgoing.MOST_REDIRECTS + 1


def test_what_is_meant_for_one_host_is_not_told_to_another(machine):
    other = ThreadingHTTPServer(("127.0.0.2", machine.server_port), Handler)
    other.asked = []
    threading.Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()
    try:
        fetch(
            "POST",
            at(machine, "/to-another"),
            headers={"Authorization": "Basic x"},
            body="typed",
            redirects=1,
        )
    finally:
        other.shutdown()
        other.server_close()
    assert machine.asked[0][2]["Authorization"] == "Basic x"
    assert other.asked[0][0] == "GET"
    assert "Authorization" not in other.asked[0][2]


def test_an_answer_is_taken_up_to_its_largest_size(machine):
    assert len(fetch("GET", at(machine, "/large"), largest=5000).body) == 5000
    with pytest.raises(Unreachable, match="more than 4999 bytes"):
        fetch("GET", at(machine, "/large"), largest=4999)


def test_nothing_is_unpacked(machine):
    assert fetch("GET", at(machine, "/packed")).body == b"\x1f\x8b not unpacked"
    assert machine.asked[0][2]["Accept-Encoding"] == "identity"


def test_what_is_no_json_is_said(machine):
    with pytest.raises(Unreachable, match="no JSON"):
        fetch("GET", at(machine, "/large")).json()


@pytest.mark.parametrize(
    "beginning", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
def test_who_sends_a_byte_now_and_then_does_not_hold_the_site(beginning):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def drip():
            connection, _where = listening.accept()
            with connection:
                try:
                    connection.sendall(beginning)
                    while beginning and not over.wait(0.03):
                        connection.sendall(b"x")
                    over.wait(5)
                except OSError:
                    pass

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        outgoing.configure(Allowed.read(["127.0.0.1"]))
        began = time.monotonic()
        try:
            with pytest.raises(Unreachable, match="too long"):
                fetch("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/", seconds=0.2)
            assert time.monotonic() - began < 4  # Else the dripping itself would have ended it.
        finally:
            over.set()
            thread.join(5)
            outgoing.configure(Allowed())


def test_a_machine_that_is_not_there_is_said(machine):
    machine.shutdown()
    machine.server_close()
    with pytest.raises(Unreachable, match="does not answer"):
        fetch("GET", at(machine))


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now(), now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "both.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet():
            connection, _where = listening.accept()
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        outgoing.configure(Allowed.read(["localhost"]))
        try:
            with pytest.raises(Unreachable, match="certificate"):
                fetch("GET", f"https://localhost:{listening.getsockname()[1]}/")
        finally:
            thread.join(5)
            outgoing.configure(Allowed())
