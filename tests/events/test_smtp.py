"""A conversation with a mail server: what it came to, whatever step it broke at."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from connector.events.letters import Parcel
from connector.events.smtp import Route, deliver, probe
from tests.plugins.mailservers import PASSWORD, USER, Serve

TEXT = b"Subject: Hi\r\n\r\n.\r\n..a\r\nb\r\n"
PARCEL = Parcel(sender="ana@x.test", recipient="bob@y.test", content=TEXT, utf8=False)
BIG = replace(PARCEL, content=b"Subject: Hi\r\n\r\n" + b"x" * 70 + b"\r\n" * 4_000_000)


def route(port: int, **options: Any) -> Route:
    """The way to a server on loopback."""
    given: dict[str, Any] = {"host": "localhost", "security": "none", **options}
    return Route(port=port, addresses=lambda host, port: ["127.0.0.1"], **given)


class Notes(list[str]):
    """Writes down that the point of no return was passed."""

    def __call__(self) -> None:
        self.append("text")


@pytest.fixture(autouse=True)
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test servers' certificate is one we trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_mail_arrives_as_it_was_handed_over(mail_server: Serve, security: str) -> None:
    server = mail_server(security=security, login=security != "none")
    passed = Notes()
    login = {"username": USER, "password": PASSWORD} if security != "none" else {}
    outcome = deliver(route(server.port, security=security, **login), PARCEL, passed)
    assert (outcome.fate, passed) == ("sent", ["text"])
    (mail,) = server.mails
    assert (mail.mail_from, mail.rcpt_tos, mail.content) == ("ana@x.test", ["bob@y.test"], PARCEL.content)


@pytest.mark.parametrize(
    ("steps", "fate", "step"),
    [
        ({"connect": "drop"}, "again", "connect"),
        ({"EHLO": "drop"}, "again", "connect"),
        ({"EHLO": "421 busy"}, "again", "connect"),
        ({"MAIL": "drop"}, "again", "sender"),
        ({"MAIL": "451 later"}, "again", "sender"),
        ({"MAIL": "550 not you"}, "failed", "sender"),
        ({"RCPT": "drop"}, "again", "recipient"),
        ({"RCPT": "450 greylisted"}, "again", "recipient"),
        ({"RCPT": "550 nobody"}, "failed", "recipient"),
        ({"DATA": "drop"}, "again", "data"),
        ({"DATA": "452 full"}, "again", "data"),
        ({"DATA": "554 no"}, "failed", "data"),
        ({"reply": "451 later"}, "again", "reply"),
        ({"reply": "554 spam"}, "failed", "reply"),
        ({"reply": "drop"}, "unknown", "reply"),
    ],
    ids=str,
)
def test_every_way_to_break_has_its_outcome(mail_server: Serve, steps: dict[str, str], fate: str, step: str) -> None:
    server = mail_server(**steps)
    passed = Notes()
    outcome = deliver(route(server.port), PARCEL, passed)
    assert (outcome.fate, outcome.step) == (fate, step)
    assert bool(passed) == (step == "reply")
    assert len(server.mails) == (fate == "unknown")


def test_a_line_cut_in_the_midst_of_the_text_is_tried_again(mail_server: Serve) -> None:
    outcome = deliver(route(mail_server(during="drop").port), BIG, Notes())
    assert (outcome.fate, outcome.step) == ("again", "text")


def test_nothing_is_sent_when_the_point_of_no_return_cannot_be_passed(mail_server: Serve) -> None:
    server = mail_server()

    def refuse() -> None:
        raise RuntimeError("another worker has it")

    with pytest.raises(RuntimeError):
        deliver(route(server.port), PARCEL, refuse)
    assert (server.plan.calls, server.mails) == (1, [])


def test_a_closed_port_is_tried_again() -> None:
    outcome = deliver(route(9), PARCEL, Notes())
    assert (outcome.fate, outcome.step) == ("again", "connect")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_another_name_stops_before_the_password(mail_server: Serve, security: str) -> None:
    server = mail_server(security=security, login=True)
    way = route(server.port, security=security, host="other.test", username=USER, password=PASSWORD)
    outcome = deliver(way, PARCEL, Notes())
    assert (outcome.fate, outcome.step) == ("again", "tls")
    assert "certificate" in outcome.said.lower()


def test_a_server_without_starttls_never_gets_the_password(mail_server: Serve) -> None:
    outcome = deliver(route(mail_server().port, security="starttls", username=USER, password=PASSWORD), PARCEL, Notes())
    assert (outcome.fate, outcome.step) == ("again", "tls")


def test_a_wrong_password_waits_for_a_person(mail_server: Serve) -> None:
    server = mail_server(login=True, security="tls")
    outcome = deliver(route(server.port, security="tls", username=USER, password="wrong"), PARCEL, Notes())
    assert (outcome.fate, outcome.step) == ("again", "login")
    assert "wrong" not in outcome.said


def test_a_probe_sends_nothing(mail_server: Serve) -> None:
    server = mail_server(login=True, security="tls")
    assert probe(route(server.port, security="tls", username=USER, password=PASSWORD), "ana@x.test").fate == "sent"
    assert (server.plan.calls, server.mails) == (1, [])


@pytest.mark.parametrize("address", ["é@x.test"])
def test_an_address_outside_ascii_goes_to_servers_that_take_it(mail_server: Serve, address: str) -> None:
    parcel = replace(PARCEL, recipient=address, utf8=True)
    outcome = deliver(route(mail_server().port), parcel, Notes())
    assert (outcome.fate, outcome.step) == ("failed", "sender")


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of a server that says one letter every now and then, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError):
            line, _ = listening.accept()
            with line:
                line.settimeout(0.05)
                while True:
                    line.sendall(b"2")
                    with suppress(TimeoutError):
                        line.recv(1)

    Thread(target=drip, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_drips_is_left_at_the_deadline(dripping: int, security: str) -> None:
    outcome = deliver(route(dripping, security=security), PARCEL, Notes(), deadline=0.5)
    assert outcome.fate == "again"


def test_the_first_address_that_answers_is_used(mail_server: Serve) -> None:
    server = mail_server()
    way = replace(route(server.port), addresses=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert deliver(way, PARCEL, Notes()).fate == "sent"
