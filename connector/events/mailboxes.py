"""How mail leaves: through a mailbox's own server, or through the house's where it has none."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from connector.access.vault import Vault
from connector.engine.mail import one_address
from connector.events.addresses import Vetting
from connector.events.letters import Letter, Party, pack
from connector.events.smtp import Outcome, Route, Security, deliver, probe
from connector.settings import Settings

SCHEMES: Mapping[str, tuple[Security, int]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("none", 25),
}
PATIENCE = 20.0
"""Seconds that a person waits for the test of a mailbox."""
PORTS: Mapping[str, int] = {security: port for security, port in SCHEMES.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways out: the house's own server and sender, where the settings name them, and the key to the passwords."""

    house: Route | None
    sender: Party
    vault: Vault
    vetting: Vetting

    def of(self, mailbox: Mapping[str, Any]) -> Route | None:
        """The way of this mailbox; None when neither it nor the house has a server."""
        if not mailbox["host"]:
            return self.house
        return Route(
            host=mailbox["host"],
            port=mailbox["port"] or PORTS[mailbox["security"]],
            security=mailbox["security"],
            username=mailbox["username"] or "",
            password=self.vault.open(mailbox["password"]) if mailbox["password"] else "",
            addresses=self._vetted,
        )

    def _vetted(self, host: str, port: int) -> list[str]:
        return [address for _, address in self.vetting.vetted(host, port)]


def ways(settings: Settings, vault: Vault, vetting: Vetting) -> Ways:
    """The ways out that these settings describe; ValueError names the setting that cannot be read."""
    house = _house(settings.mail_url) if settings.mail_url else None
    name, address = parseaddr(settings.mail_from)
    if house is not None and not address:
        raise ValueError("LEADWIRE_MAIL_URL is set, so LEADWIRE_MAIL_FROM must name the sender: Leadwire <crm@x.test>.")
    sender = Party(address=one_address(address) if address else "", name=name)
    return Ways(house=house, sender=sender, vault=vault, vetting=vetting)


def _house(text: str) -> Route:
    try:
        url = urlsplit(text)
        security, usual = SCHEMES[url.scheme]
        host, port = url.hostname or "", url.port or usual
    except (KeyError, ValueError):
        host = ""
    if not host:
        raise ValueError(
            "LEADWIRE_MAIL_URL cannot be read; write smtp://USER:PASSWORD@HOST:PORT, smtps:// or smtp+plain://."
        )
    username, password = unquote(url.username or ""), unquote(url.password or "")
    return Route(host=host, port=port, security=security, username=username, password=password, addresses=_found)


def _found(host: str, port: int) -> list[str]:
    """The operator's own server may be anywhere."""
    return list(dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def tried(ways: Ways, mailbox: Mapping[str, Any], letter: Letter | None) -> tuple[Outcome, str]:
    """Try the mailbox now, by the way its mail goes: log in, or send that letter. The outcome, and the server."""
    route = ways.of(mailbox)
    if route is None:
        return Outcome(fate="again", step="route"), ""
    if letter is None:
        return probe(route, mailbox["address"], deadline=PATIENCE), route.host
    return deliver(route, pack(letter), lambda: None, deadline=PATIENCE), route.host
