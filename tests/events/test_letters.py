"""A letter has one recipient and the headers we gave it, whatever the data says."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from connector.errors import Refused
from connector.events.letters import Letter, Party, message_id, one_line, pack

LETTER = Letter(
    message_id="<email-1.f0@x.test>",
    sender=Party(address="ana@x.test", name="Ana Müller"),
    to=Party(address="bob@y.test", name="Bob"),
    subject="Your offer",
    text="Hello\n.\nBob",
    html="<p>Hello</p>",
    at="2026-03-01T09:00:00.000Z",
)
BREAKS = ["\r\n", "\n", "\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1c", "\0"]


def read(letter: Letter) -> EmailMessage:
    """The letter as a mail program reads it."""
    found = message_from_bytes(pack(letter).content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_parts_arrive_as_written() -> None:
    message = read(LETTER)
    assert (message["From"], message["To"]) == ("Ana Müller <ana@x.test>", "Bob <bob@y.test>")
    assert (message["Subject"], message["Message-ID"]) == ("Your offer", "<email-1.f0@x.test>")
    assert message["Date"] == "Sun, 01 Mar 2026 09:00:00 +0000"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None and text.get_content() == "Hello\r\n.\r\nBob\r\n"
    assert html is not None and html.get_content() == "<p>Hello</p>\r\n"


@pytest.mark.parametrize("mark", BREAKS)
@pytest.mark.parametrize("place", ["subject", "to", "sender"])
def test_a_line_break_in_a_value_adds_no_header(mark: str, place: str) -> None:
    evil = f"x{mark}Bcc: eve@z.test{mark}{mark}text"
    values: dict[str, Any] = {"subject": evil, "to": Party(address="bob@y.test", name=evil)}
    values["sender"] = Party(address="ana@x.test", name=evil)
    chosen: dict[str, Any] = {place: values[place]}
    message = read(replace(LETTER, **chosen))
    assert sorted(message.keys()) == sorted(read(LETTER).keys())
    assert [value for value in message.values() if mark in value] == []
    assert message["To"].addresses[0].addr_spec == "bob@y.test"
    assert len(message["To"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    ["a@x.test, evil@y.test", "a@x.test;evil@y.test", "Bob <a@x.test>", "a@x.test\r\nBcc: b@y.test", "a\u2028@x.test",
     "a@x.test%0aBcc:b@y.test", "", "a", "@x.test", "a@", '"a, b"@x.test', "a@[127.0.0.1]"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["to", "sender"])
def test_what_is_not_exactly_one_address_is_refused(address: str, place: str) -> None:
    broken: dict[str, Any] = {place: Party(address=address)}
    with pytest.raises(Refused) as caught:
        pack(replace(LETTER, **broken))
    assert caught.value.code == "bad_address"


@pytest.mark.parametrize(
    ("address", "envelope", "utf8"),
    [
        ("a@exämple.test", "a@xn--exmple-cua.test", False),
        ("é@x.test", "é@x.test", True),
        ("a@intra.local", "a@intra.local", False),
    ],
)
def test_addresses_of_the_whole_world_are_taken(address: str, envelope: str, utf8: bool) -> None:
    parcel = pack(replace(LETTER, to=Party(address=address)))
    assert (parcel.recipient, parcel.utf8) == (envelope, utf8)


def test_text_travels_in_seven_bits_unless_an_address_needs_more() -> None:
    assert pack(replace(LETTER, text="Привет", subject="Привет")).content.isascii()


def test_a_letter_of_the_house_asks_not_to_be_answered() -> None:
    assert read(replace(LETTER, automatic=True))["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in read(LETTER)


def test_the_message_id_hangs_on_the_record_alone() -> None:
    assert message_id("email", 7, "f0", "é@exämple.test") == "<email-7.f0@xn--exmple-cua.test>"


def test_a_header_is_never_longer_than_a_line_may_be() -> None:
    assert len(one_line("x" * 5000)) == 998
