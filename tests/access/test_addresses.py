"""Where a call comes from: proxies are believed only when they are named."""

import pytest

from connector.access.addresses import inside, network, networks, origin

PROXIES = networks("10.0.0.0/8, 192.0.2.1")


@pytest.mark.parametrize(
    "peer, forwarded, found",
    [
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.7, 10.9.9.9", "192.0.2.1"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4, nonsense"], "nonsense"),
    ],
)
def test_forwarded_addresses_are_walked_from_the_right(peer: str, forwarded: list[str], found: str) -> None:
    assert origin(peer, forwarded, PROXIES) == found


def test_without_trusted_proxies_nothing_forwarded_is_believed() -> None:
    assert origin("10.0.0.1", ["198.51.100.7"], ()) == "10.0.0.1"


@pytest.mark.parametrize(
    "address, ranges, allowed",
    [
        ("10.1.2.3", ("10.0.0.0/8",), True),
        ("11.1.2.3", ("10.0.0.0/8",), False),
        ("::ffff:10.1.2.3", ("10.0.0.0/8",), True),
        ("10.1.2.3", ("::ffff:10.0.0.0/104",), True),
        ("203.0.113.7", ("203.0.113.7",), True),
        ("2001:db8::1", ("2001:db8::/32",), True),
        ("nonsense", ("0.0.0.0/0", "::/0"), False),
        ("", ("0.0.0.0/0",), False),
    ],
)
def test_an_address_is_in_a_range_or_is_refused(address: str, ranges: tuple[str, ...], allowed: bool) -> None:
    assert inside(address, ranges) is allowed


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.0/33", "example.test"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        network(text)
