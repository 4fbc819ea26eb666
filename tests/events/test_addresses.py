"""Security rows S1 and S2: what may be called, and that every spelling of it is seen through."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from connector.errors import Invalid
from connector.events.addresses import Denied, Vetting, networks, parsed, require

CLOSED = (
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
    "3fff::1", "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
)  # fmt: skip
OPEN = (
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "::ffff:8.8.8.8",
)  # fmt: skip
SPELLINGS = (
    "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "[::1]", "[::]",
    "[::ffff:127.0.0.1]", "localhost", "LOCALHOST.", "[64:ff9b::7f00:1]", "127。0。0。1",
)  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_an_inner_address_is_closed(address: str) -> None:
    assert not Vetting().permits(address, 80)


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_open(address: str) -> None:
    assert Vetting().permits(address, 80)


def test_the_operator_opens_networks_by_name() -> None:
    vetting = Vetting(allow=networks("10.1.0.0/16, ::1/128"))
    assert [vetting.permits(it, 80) for it in ("10.1.2.3", "::ffff:10.1.2.3", "::1", "10.2.0.1")] == [
        True,
        True,
        True,
        False,
    ]


def test_our_own_listen_address_stays_closed_even_then() -> None:
    vetting = Vetting(allow=networks("127.0.0.0/8"), own=("127.0.0.1", 8000))
    assert not vetting.permits("127.0.0.1", 8000)
    assert vetting.permits("127.0.0.1", 8001)


def answering(*addresses: str) -> Any:
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (it, port)) for it in addresses]


def test_one_inner_address_among_public_ones_denies_the_name() -> None:
    with pytest.raises(Denied):
        Vetting(resolve=answering("93.184.216.34", "127.0.0.1")).vetted("mixed.example", 80)


@pytest.mark.parametrize("spelling", [it for it in SPELLINGS if it != "LOCALHOST."])
def test_every_spelling_of_loopback_is_refused_when_a_url_is_given(spelling: str) -> None:
    with pytest.raises(Invalid) as caught:
        require(f"http://{spelling}:8080/hook", Vetting(), "/target_url")
    assert caught.value.faults[0].pointer == "/target_url"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1\\@good.example/", "url_not_plain"),
        ("http://good.example/a b", "url_not_plain"),
        ("http://good.example/\r\nX: y", "url_not_plain"),
        ("http://good.example:99999/", "url_not_plain"),
        ("http://user:pw@good.example/", "url_with_password"),
        ("ftp://good.example/", "url_not_http"),
        ("file:///etc/passwd", "url_not_http"),
        ("good.example", "url_not_http"),
        ("", "url_not_http"),
    ],
)
def test_a_url_that_parsers_read_differently_is_refused(url: str, key: str) -> None:
    with pytest.raises(ValueError, match=key):
        parsed(url)


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.300"):
        networks("10.0.0.300/8")
