"""Where a call comes from, and whether that is where it may come from."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def network(text: str) -> Network:
    """`10.0.0.0/8`, or one address as a range of itself; ValueError when it is neither."""
    found = ip_network(text.strip(), strict=False)
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped and found.prefixlen >= 96:
        return IPv4Network((found.network_address.ipv4_mapped, found.prefixlen - 96), strict=False)
    return found


@lru_cache(maxsize=64)
def networks(text: str) -> tuple[Network, ...]:
    """The ranges of a setting, separated by commas or blanks; ValueError when one is none."""
    return tuple(network(word) for word in text.replace(",", " ").split())


@lru_cache(maxsize=4096)
def inside(address: str, ranges: tuple[str, ...]) -> bool:
    """Whether the address is in one of these ranges; what cannot be read as an address is in none."""
    found = _parsed(address)
    return found is not None and any(found in network(text) for text in ranges)


def origin(peer: str, forwarded: Iterable[str], proxies: tuple[Network, ...]) -> str:
    """The address of the caller: the peer, unless that is a trusted proxy.

    What trusted proxies forward (the values of X-Forwarded-For) is walked from the right: the first address that is no
    trusted proxy is the caller. Anything left of it was written by the caller, who may write anything.
    """
    if not proxies:
        return _plain(peer)
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    here = peer
    while hops and trusted(here, proxies):
        here = hops.pop()
    return _plain(here)


def trusted(address: str, proxies: tuple[Network, ...]) -> bool:
    """Whether that is the address of one of these proxies."""
    found = _parsed(address)
    return found is not None and any(found in proxy for proxy in proxies)


def _plain(address: str) -> str:
    found = _parsed(address)
    return str(found) if found is not None else address[:100]


@lru_cache(maxsize=4096)
def _parsed(address: str) -> Address | None:
    """The address; an IPv4 address in IPv6 clothes is that IPv4 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
