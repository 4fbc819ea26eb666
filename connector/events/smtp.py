"""One conversation with a mail server, told step by step, so that we know what may be tried again.

Until the server has been given the whole text nothing can have been sent: a failure there is tried again, or final when
the server says so for good. A connection lost between the end of the text and the server's answer leaves it unknown.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from threading import Timer
from typing import Any, Literal

from connector.events.addresses import Denied
from connector.events.letters import Parcel

Security = Literal["none", "starttls", "tls"]
Step = Literal["route", "address", "connect", "tls", "login", "sender", "recipient", "data", "text", "reply"]
Fate = Literal["sent", "again", "failed", "unknown"]

CONNECT_SECONDS = 10
DEADLINE = 120.0
"""Seconds that one conversation may take from the first packet to the last, however slowly the server drips."""
KEPT = 500
"""Characters kept of a server's answer."""
DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a mail server is reached. `addresses` gives the IP addresses that may be tried for the host, in order."""

    host: str
    port: int
    security: Security = "starttls"
    username: str = ""
    password: str = ""
    addresses: Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a conversation came to, the step it ended at, and what the server (or the network) said there."""

    fate: Fate
    step: Step
    said: str = ""

    @property
    def key(self) -> str:
        """The key of the sentence about it."""
        return f"mail_{self.step}_unknown" if self.fate == "unknown" else f"mail_{self.step}"


@cache
def _own_name() -> str:
    # Looking it up can take seconds, once is enough.
    return socket.getfqdn()


class _Answered(Exception):
    """The server answered a step with something other than yes."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(f"{code} {text.decode(errors='replace')}"[:KEPT])
        self.code = code


class _Line(smtplib.SMTP):
    """A connection that goes only to vetted addresses and dies at a deadline. Remembers the step it is at."""

    def __init__(self, route: Route, deadline: float) -> None:
        super().__init__(timeout=CONNECT_SECONDS, local_hostname=_own_name())
        self.route = route
        self.step: Step = "connect"
        self.expired = False
        self.watch = Timer(deadline, self._expire)
        self.watch.daemon = True

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        refused: OSError = ConnectionRefusedError("no address to connect to")
        for address in self.route.addresses(host, port):
            try:
                raw = socket.create_connection((address, port), timeout)
            except OSError as error:
                refused = error
                continue
            self.sock = raw
            if self.route.security == "tls":
                self.seal()
            self.sock.settimeout(DEADLINE)
            return self.sock
        raise refused

    def seal(self) -> None:
        """Speak TLS from here on. The handshake runs on `self.sock`, so that the deadline ends one that drips."""
        self.step = "tls"
        assert self.sock is not None
        context = ssl.create_default_context()
        sealed = context.wrap_socket(self.sock, server_hostname=self.route.host, do_handshake_on_connect=False)
        self.sock = sealed
        sealed.do_handshake()

    def _expire(self) -> None:
        self.expired = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def ask(self, step: Step, command: str, *expected: int) -> None:
        """Send one command and take one of the expected answers."""
        self.step = step
        code, text = self.docmd(command)
        if code not in expected:
            raise _Answered(code, text)


@contextmanager
def _open(line: _Line) -> Iterator[None]:
    line.watch.start()
    try:
        yield
    finally:
        line.watch.cancel()
        line.close()


def _greet(line: _Line) -> None:
    route = line.route
    code, text = line.connect(route.host, route.port)
    line.step = "connect"
    if code != 220:
        raise _Answered(code, text)
    line.ehlo_or_helo_if_needed()
    if route.security == "starttls":
        line.ask("tls", "STARTTLS", 220)
        line.seal()
        # What was said before the line was sealed counts for nothing (RFC 3207).
        line.file = None
        line.ehlo()
    if route.username:
        _log_in(line)


def _log_in(line: _Line) -> None:
    """One try with the best way that the server offers; several would soon lock a mailbox with a wrong password."""
    line.step = "login"
    offered = line.esmtp_features.get("auth", "").upper().split()
    ways: dict[str, Any] = {"PLAIN": line.auth_plain, "LOGIN": line.auth_login, "CRAM-MD5": line.auth_cram_md5}
    way = next((name for name in ways if name in offered), None)
    if way is None:
        raise smtplib.SMTPNotSupportedError("the server offers no way to log in with a password")
    line.user, line.password = line.route.username, line.route.password
    line.auth(way, ways[way])


def _address(line: _Line, parcel: Parcel) -> None:
    if parcel.utf8 and not line.has_extn("smtputf8"):
        line.step = "sender"
        raise _Answered(553, b"this server takes no addresses with letters outside ASCII")
    options = " SMTPUTF8 BODY=8BITMIME" if parcel.utf8 else ""
    if line.has_extn("size"):
        options += f" SIZE={len(parcel.content)}"
    line.command_encoding = "utf-8" if parcel.utf8 else "ascii"
    line.ask("sender", f"MAIL FROM:<{parcel.sender}>{options}", 250)
    line.ask("recipient", f"RCPT TO:<{parcel.recipient}>", 250, 251)


def _hand_over(line: _Line, parcel: Parcel, point_of_no_return: Callable[[], None]) -> None:
    line.ask("data", "DATA", 354)
    line.step = "text"
    line.send(DOT.sub(b"..", parcel.content))
    point_of_no_return()
    line.send(b".\r\n")
    line.step = "reply"
    code, text = line.getreply()
    if not 200 <= code < 300:
        raise _Answered(code, text)


def deliver(
    route: Route, parcel: Parcel, point_of_no_return: Callable[[], None], *, deadline: float = DEADLINE
) -> Outcome:
    """Give the parcel to the mail server; never raises for what the server or the network does.

    `point_of_no_return` is called just before the server can know that the text is whole; when it raises, the
    text is left unfinished, so nothing was sent.
    """
    line = _Line(route, deadline)
    with _open(line):
        try:
            _greet(line)
            _address(line, parcel)
            _hand_over(line, parcel, point_of_no_return)
        except (OSError, smtplib.SMTPException, _Answered) as error:
            return _judged(line, error)
        with suppress(OSError, smtplib.SMTPException):
            line.docmd("QUIT")
        return Outcome(fate="sent", step="reply")


def probe(route: Route, sender: str, *, deadline: float = DEADLINE) -> Outcome:
    """Try everything but sending: reach, secure, log in, and be accepted as that sender."""
    line = _Line(route, deadline)
    with _open(line):
        try:
            _greet(line)
            line.ask("sender", f"MAIL FROM:<{sender}>", 250)
            line.ask("sender", "RSET", 250)
        except (OSError, smtplib.SMTPException, _Answered) as error:
            return _judged(line, error)
        with suppress(OSError, smtplib.SMTPException):
            line.docmd("QUIT")
        return Outcome(fate="sent", step="sender")


def _judged(line: _Line, error: Exception) -> Outcome:
    code = _code(error)
    said = "the deadline passed" if line.expired else _said(error)
    if code is None and line.step == "reply":
        return Outcome(fate="unknown", step="reply", said=said)
    # A wrong password and a certificate are for a person to mend, and the letter waits for it.
    final = code is not None and code >= 500 and line.step not in {"connect", "tls", "login"}
    return Outcome(fate="failed" if final else "again", step=line.step, said=said)


def _code(error: Exception) -> int | None:
    code: Any = getattr(error, "smtp_code", getattr(error, "code", None))
    # smtplib makes -1 of an answer that is no number: that is no answer.
    return code if isinstance(code, int) and code >= 200 else None


def _said(error: Exception) -> str:
    if isinstance(error, Denied):
        return "its address is in a network that LEADWIRE_OUTBOUND_ALLOW does not open"
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return f"{error.smtp_code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"[:KEPT]
    return (str(error) or type(error).__name__)[:KEPT]
