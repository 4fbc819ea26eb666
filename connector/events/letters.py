"""Builds the e-mail that leaves: one recipient, headers that no value can break, a Message-ID that never changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from connector.engine.mail import one_address

BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Control characters and whatever else some mail program takes for the end of a line."""
LONGEST = 998
"""Characters of a header value; RFC 5322 allows no longer line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A sender or a recipient: exactly one address, and a name that may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be said, to whom. `at` is when it was written (RFC 3339); a later attempt keeps it."""

    message_id: str
    sender: Party
    to: Party
    subject: str
    text: str
    at: str
    html: str = ""
    automatic: bool = False
    """Written by the house itself: asks not to be answered by other machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter as a mail server takes it: envelope and bytes. `utf8`: an address has letters outside ASCII."""

    sender: str
    recipient: str
    content: bytes
    utf8: bool


def message_id(kind: str, number: int, log: str, sender: str) -> str:
    """The Message-ID of a stored e-mail: the same at every attempt, unlike any other of any database.

    `log` is the id of the account's event log.
    """
    domain = one_address(sender).rpartition("@")[2].encode("idna").decode()
    return f"<{kind}-{number}.{log}@{domain}>"


def one_line(text: str) -> str:
    """The text with every line break and control character turned into a blank, at most one header long."""
    return " ".join(BREAKS.sub(" ", text).split())[:LONGEST]


def pack(letter: Letter) -> Parcel:
    """The letter ready for a mail server; Refused("bad_address") unless both addresses are exactly one address."""
    letter = replace(letter, sender=_checked(letter.sender), to=_checked(letter.to))
    utf8 = not (letter.sender.address + letter.to.address).isascii()
    message = EmailMessage(policy=SMTPUTF8 if utf8 else SMTP.clone(cte_type="7bit"))
    message["From"] = _shown(letter.sender)
    message["To"] = _shown(letter.to)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(datetime.fromisoformat(letter.at))
    message["Message-ID"] = letter.message_id
    if letter.automatic:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return Parcel(sender=letter.sender.address, recipient=letter.to.address, content=bytes(message), utf8=utf8)


def _checked(party: Party) -> Party:
    return Party(address=one_address(party.address), name=one_line(party.name))


def _shown(party: Party) -> Address:
    username, _, domain = party.address.rpartition("@")
    return Address(display_name=party.name, username=username, domain=domain)
