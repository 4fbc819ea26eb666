"""Which addresses Leadwire may call: one vetting function for every outgoing request, whichever library sends it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from yarl import URL

from connector.errors import Fault, Invalid
from connector.settings import Settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[..., Sequence[tuple[Any, ...]]]

FORBIDDEN = tuple(
    map(
        IPv4Network,
        ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
         "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
         "224.0.0.0/3"),
    )
)  # fmt: skip
"""Private, shared, link-local, documentation, multicast and reserved IPv4. Python's own `is_global` lets some pass."""
GLOBAL = IPv6Network("2000::/3")
"""All IPv6 that is routed at all; so ::, ::1, ::/96, NAT64, fc00::, fe80:: and fec0:: are out without being named."""
FORBIDDEN_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Teredo and other tunnels, 6to4 (an IPv4 address in disguise), documentation."""
LONGEST_URL = 2000
STRANGE = re.compile(r"[\x00-\x20\x7f\\]")
"""Parsers disagree about these: `http://127.0.0.1\\@good.example/` is one host to some and another to others."""


class Denied(OSError):
    """The address is in a network that Leadwire does not call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetting:
    """What may be called: `allow` opens networks that are closed otherwise; `own` is where this server listens."""

    allow: tuple[Network, ...] = ()
    own: tuple[str, int] | None = None
    resolve: Resolve = socket.getaddrinfo

    def permits(self, text: str, port: int) -> bool:
        """Whether this one address may be connected to."""
        try:
            address = _plain(ip_address(text))
        except ValueError:
            return False
        if self.own is not None and self._is_own(address, port):
            return False
        return any(address in network for network in self.allow) or _is_public(address)

    def _is_own(self, address: Address, port: int) -> bool:
        assert self.own is not None
        return port == self.own[1] and (address.is_loopback or address.is_unspecified or str(address) == self.own[0])

    def vetted(self, host: str, port: int, family: int = socket.AF_UNSPEC) -> list[tuple[int, str]]:
        """Resolve the name once: (family, address) of each. One forbidden address among them denies them all.

        Raises Denied, and OSError when the name cannot be resolved.
        """
        found = self.resolve(host, port, family=family, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        addresses = list(dict.fromkeys((entry[0], str(entry[4][0])) for entry in found))
        if not addresses or not all(self.permits(text, port) for _, text in addresses):
            raise Denied(host)
        return addresses


def _plain(address: Address) -> Address:
    """An IPv4 address written as IPv6 (`::ffff:127.0.0.1`) as what it is."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in FORBIDDEN)
    return address.scope_id is None and address in GLOBAL and not any(address in network for network in FORBIDDEN_V6)


def networks(text: str) -> tuple[Network, ...]:
    """CIDRs separated by commas or blanks; ValueError names the one that is none."""
    return tuple(ip_network(part) for part in re.split(r"[,\s]+", text.strip()) if part)


def parsed(url: str) -> URL:
    """The URL as the sender will read it; ValueError with the reason when it cannot be called at all."""
    if len(url) > LONGEST_URL or STRANGE.search(url):
        raise ValueError("url_not_plain")
    try:
        found = URL(url)
        port = found.port
    except ValueError:
        raise ValueError("url_not_plain") from None
    if found.scheme not in {"http", "https"} or not found.host:
        raise ValueError("url_not_http")
    if found.user is not None or found.password is not None:
        raise ValueError("url_with_password")
    if not port:
        raise ValueError("url_not_plain")
    return found


def vetting(settings: Settings) -> Vetting:
    """What these settings allow to be called."""
    return Vetting(allow=networks(settings.outbound_allow), own=(settings.host, settings.port))


def require(url: str, vetting: Vetting, pointer: str) -> str:
    """The URL, if it may be called; Invalid names the field otherwise. A name that is unknown today is let pass."""
    try:
        found = parsed(url)
        vetting.vetted(found.host or "", found.port or 0)
    except ValueError as error:
        key = str(error) if str(error).startswith("url_") else "url_not_plain"
        raise Invalid(faults=[Fault(pointer=pointer, key=key, params={"value": url[:200]})]) from None
    except Denied:
        params = {"value": url[:200]}
        raise Invalid(faults=[Fault(pointer=pointer, key="network_not_allowed", params=params)]) from None
    except OSError:
        return url
    return url
