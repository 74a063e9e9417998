"""Every HTTP request that the site itself sends goes out here, and reaches only what anybody on the internet reaches.

The name is resolved once, each of its addresses is looked at, and the connection is made to an address that was
looked at, so that a name which changes its answer in between gains nothing. A redirect is a new request.
"""

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as ResolverTimeout
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urljoin, urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SECONDS = 10.0
LARGEST = 1024 * 1024
MOST_REDIRECTS = 4
PORTS = {"http": 80, "https": 443}
FIRST_FREE_PORT = 1024
REDIRECTS = {301, 302, 303, 307, 308}
_HOST = re.compile(r"[a-z0-9_.-]+(:[0-9]{1,5})?")

# Public by their number, and yet part of somebody's own network.
_WITHIN = tuple(
    ip_network(one)
    for one in (
        "100.64.0.0/10",  # Behind a provider's address translation, RFC 6598
        "168.63.129.16/32",  # What a cloud tells its own machines
        "192.0.0.0/24",  # Protocol assignments, RFC 6890; another cloud's as well
        "192.88.99.0/24",  # Relays into IPv6, RFC 7526
        "2001::/23",  # Protocol assignments, Teredo among them
        "64:ff9b:1::/48",  # Translation within a network, RFC 8215
        "fec0::/10",  # Once site-local
    )
)
# IPv6 addresses that stand for an IPv4 address, and how far right that is.
_STANDING_FOR = ((ip_network("64:ff9b::/96"), 0), (ip_network("2002::/16"), 80))


class Unreachable(Exception):
    """There is no answer to work with; the message says why, for the log and for administrators."""


class NotOutside(Unreachable):
    """The address leads into a network of our own, or is none that the site may ask."""


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        url: where it came from in the end.
        headers: names in lower case.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Unreachable: it is none.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable(f"{self.url} answered with something that is no JSON.") from None


@dataclass(frozen=True)
class Allowed:
    """What may be asked although it lies in one's own network: hosts by name, with or without a port, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, entries: Iterable[str]) -> "Allowed":
        """From entries such as `login.example.lan`, `login.example.lan:8443`, `10.1.2.3` and `10.1.0.0/16`.

        Raises:
            ValueError: an entry is none of these.
        """
        hosts, networks = set(), []
        for entry in (one.strip().lower() for one in entries):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not _HOST.fullmatch(entry):
                    raise ValueError(entry) from None
                hosts.add(entry)
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Whether this host is allowed by its name."""
        return host in self.hosts or f"{host}:{port}" in self.hosts

    def holds(self, address: Address) -> bool:
        """Whether this address is in one of the networks."""
        return any(address in network for network in self.networks)


_allowed = Allowed()
_resolving = ThreadPoolExecutor(4, thread_name_prefix="resolve")


def configure(allowed: Allowed) -> None:
    """Say what may be asked in one's own network."""
    global _allowed
    _allowed = allowed


def is_outside(address: Address) -> bool:
    """Whether an address is one that anybody on the internet reaches: nobody's own network, machine or neighbourhood."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_outside(address.ipv4_mapped)
        for network, shift in _STANDING_FOR:
            if address in network:
                return is_outside(IPv4Address((int(address) >> shift) & 0xFFFFFFFF))
        if address.scope_id:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _WITHIN)
    )


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    seconds: float = SECONDS,
    largest: int = LARGEST,
    redirects: int = 0,
) -> Answer:
    """Ask something of another machine.

    Args:
        headers: sent along; none of them goes to another host than the first one.
        seconds: how long all of it may take, with names, redirects and the last byte.
        largest: how many bytes of an answer are taken.
        redirects: how many are followed, with GET; 0 hands a redirect back as the answer.

    Raises:
        NotOutside: the address, or that of a redirect, may not be asked.
        Unreachable: no answer in time, one too large, or none at all.
    """
    ends = time.monotonic() + seconds
    first, sent = _place(url), dict(headers or {})
    for left in range(min(redirects, MOST_REDIRECTS), -1, -1):
        place = _place(url)
        answer = _ask(method, place, sent if place.origin == first.origin else {}, body, ends, largest)
        target = answer.headers.get("location")
        if answer.status not in REDIRECTS or not target or redirects == 0:
            return answer
        if left == 0:
            break
        if place.scheme == "https" and urlsplit(urljoin(url, target)).scheme != "https":
            raise NotOutside(f"{url} leads from https to something else.")
        url, method, body = urljoin(url, target), "GET", None
    raise Unreachable(f"{url} is one redirect too many.")


@dataclass(frozen=True)
class _Place:
    url: str
    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port


def _place(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise NotOutside(f"{url!r} is no address.") from None
    if parts.scheme not in PORTS or not host or parts.username is not None or parts.password is not None:
        raise NotOutside(f"{url!r} is not an address of the web.")
    if any(ord(sign) <= 32 or ord(sign) >= 127 for sign in parts.path + parts.query):
        raise NotOutside(f"{url!r} holds signs that an address cannot have.")
    port = PORTS[parts.scheme] if port is None else port
    if port < FIRST_FREE_PORT and port not in PORTS.values() and not _allowed.names(host, port):
        raise NotOutside(f"{url!r} is not an address of the web: port {port} belongs to something else.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(url, parts.scheme, host, port, target)


class _Watch:
    """Ends a connection when its time is up, however slowly the other side goes on to send."""

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(max(0.0, self.left), self._end)
        self._timer.daemon = True
        self.is_over = False

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    def over(self, connection: socket.socket) -> None:
        self._sockets.append(connection)

    def _end(self) -> None:
        self.is_over = True
        for connection in self._sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()


def _ask(
    method: str,
    place: _Place,
    headers: Mapping[str, str],
    body: bytes | str | None,
    ends: float,
    largest: int,
) -> Answer:
    with _Watch(ends) as watch:
        pool = _pool(place, lambda: _connected(place, watch))
        try:
            response = pool.urlopen(
                method,
                place.target,
                body=body,
                # Packed answers could be small here and huge unpacked.
                headers={"User-Agent": "Aftercare", **headers, "Accept-Encoding": "identity"},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(total=max(0.01, watch.left)),
            )
            found = _read(response, largest, watch, place)
            return Answer(
                place.url,
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                found,
            )
        except (HTTPError, OSError, ValueError) as error:
            if watch.is_over or watch.left <= 0:
                raise Unreachable(f"{place.url} took too long.") from error
            raise Unreachable(f"{place.url} does not answer: {error}") from error
        finally:
            pool.close()


def _read(response: Any, largest: int, watch: _Watch, place: _Place) -> bytes:
    found = bytearray()
    try:
        while piece := response.read1(min(64 * 1024, largest + 1)):
            found += piece
            if len(found) > largest:
                raise Unreachable(f"{place.url} sends more than {largest} bytes.")
        if watch.is_over:  # The end of the connection was ours.
            raise Unreachable(f"{place.url} took too long.")
        return bytes(found)
    finally:
        response.close()


def _pool(place: _Place, connect: Callable[[], socket.socket]) -> HTTPConnectionPool:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return connect()

    pool = (HTTPSConnectionPool if place.scheme == "https" else HTTPConnectionPool)(
        place.host, place.port, maxsize=1, block=False, retries=False
    )
    pool.ConnectionCls = Encrypted if place.scheme == "https" else Plain
    return pool


def _connected(place: _Place, watch: _Watch) -> socket.socket:
    """A connection to the first address that is allowed and answers."""
    refusal: OSError | None = None
    for family, address in _addresses(place, watch):
        connection = socket.socket(family, socket.SOCK_STREAM)
        watch.over(connection)
        connection.settimeout(max(0.01, watch.left))
        try:
            connection.connect((str(address), place.port))
        except OSError as error:
            connection.close()
            refusal = error
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
    raise refusal or OSError("no address")


def _addresses(place: _Place, watch: _Watch) -> Sequence[tuple[int, Address]]:
    """The addresses of a host, none of which may be asked if one of them may not."""
    pending = _resolving.submit(socket.getaddrinfo, place.host, place.port, type=socket.SOCK_STREAM)
    try:
        answers = pending.result(max(0.01, watch.left))
    except ResolverTimeout:
        pending.cancel()
        raise Unreachable(f"The name {place.host} took too long to find.") from None
    found = [(family, ip_address(where[0])) for family, _type, _protocol, _name, where in answers]
    for _family, address in found:
        if not (_allowed.names(place.host, place.port) or _allowed.holds(address) or is_outside(address)):
            raise NotOutside(f"{place.host} leads to {address}, which is not on the internet.")
    return found
