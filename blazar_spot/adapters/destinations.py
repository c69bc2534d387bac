# SPDX-License-Identifier: Apache-2.0
"""Where a stranger may let us send something: which URLs, and which addresses behind their names.

A URL is taken apart here once, and nobody else reads its text, so two readers cannot understand it differently.
Whatever has a second spelling is refused rather than understood. What a name leads to is looked at by ``guard``, when
it is used.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from blazar_spot.core.errors import BadUrl

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2048
PORT_OF = {"https": 443, "http": 80}

_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")

_OF_SPECIAL_USE = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # where IPv6 was let into IPv4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and other protocols
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",
    )
)
_GLOBAL_IPV6 = IPv6Network("2000::/3")
"""All others are of special use: loopback, local, multicast, and IPv4 addresses in disguise as NAT64 and ::ffff:0:0."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator lets through. ``denied`` counts before ``allowed``, and that before what is public; no
    ``ports`` are all."""

    allow_http: bool = False
    ports: frozenset[int] = frozenset({443, 8443})
    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()

    def target(self, url: str) -> Target:
        """The parts of a URL that may be sent to; ``BadUrl`` says what is wrong with another one."""
        parts = _split(url)
        if parts.scheme not in ("https", "http"):
            raise BadUrl("The URL must begin with https://.")
        if parts.scheme == "http" and not self.allow_http:
            raise BadUrl("The URL must begin with https://; this cloud sends nothing over plain http.")
        host, port = _host(parts), _port(parts)
        if self.ports and port not in self.ports:
            allowed = ", ".join(map(str, sorted(self.ports)))
            raise BadUrl(f"Port {port} is none of those that this cloud sends to: {allowed}.")
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        target = Target(parts.scheme, host, port, path)
        literal = _literal(host)
        if literal is not None and not self.lets_through(literal):
            raise BadUrl("The URL's address is not a public one.")
        return target

    def lets_through(self, address: Address) -> bool:
        """Whether something may be sent to this address."""
        if address in _Any(self.denied):
            return False
        return address in _Any(self.allowed) or is_public(address)


class _Any:
    """All addresses of some networks."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = networks

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def is_public(address: Address) -> bool:
    """Whether the address is of the public internet, and says itself what it is."""
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return False
    return address not in _Any(_OF_SPECIAL_USE)


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise BadUrl(f"The URL must not be longer than {LONGEST_URL} characters.")
    if not _PLAIN.fullmatch(url):
        raise BadUrl("The URL has characters that must be written as %XX, a name in another script as xn--, or a #.")
    try:
        return urlsplit(url)
    except ValueError as error:
        raise BadUrl("The URL's host cannot be read.") from error


def _port(parts: SplitResult) -> int:
    try:
        return parts.port if parts.port is not None else PORT_OF[parts.scheme]
    except ValueError as error:
        raise BadUrl("The URL's port must be a number up to 65535.") from error


def _host(parts: SplitResult) -> str:
    if "@" in parts.netloc:
        raise BadUrl("The URL must not have a user or a password in it.")
    host = parts.hostname or ""
    if "[" in parts.netloc or _literal(host) is not None:
        if _literal(host) is None or "%" in host:
            raise BadUrl("The URL's address cannot be read.")
        return host
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadUrl("The URL must name a host, without a dot at its end.")
    if _NUMBER.fullmatch(labels[-1]):
        raise BadUrl("The URL's host is a number: write an address as four decimal numbers.")
    return host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
