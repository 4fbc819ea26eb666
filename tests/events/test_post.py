"""What the postroom sends: e-mails from mailboxes, notices of the house; one recipient, no header but ours."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from connector.errors import Refused
from connector.events.addresses import Vetting
from connector.events.mailboxes import ways
from connector.settings import load as load_settings
from tests.plugins.mailservers import PASSWORD, USER, MailServer, Serve
from tests.plugins.postrooms import ADMIN, Desk, read

HOUSE = "Leadwire <crm@house.test>"
EVIL = "Ada\r\nBcc: eve@evil.test\u2028X-Evil: 1\r\n\r\nbody"


def house(server: MailServer) -> dict[str, str]:
    """The house's own way out."""
    return {"mail_url": f"smtp+plain://127.0.0.1:{server.port}", "mail_from": HOUSE}


def test_a_template_arrives_once_at_the_right_address_without_a_placeholder(
    quick_desk: Desk, mail_server: Serve
) -> None:
    server = mail_server()
    quick_desk.connect(server)
    quick_desk.act("send_email_from_template", lead_id=1, email_template_id=1)
    quick_desk.work(quick_desk.postroom())
    (mail,) = server.mails
    message = read(mail.content)
    assert (mail.mail_from, mail.rcpt_tos) == ("ada@example.test", ["claire@dupont.example"])
    assert (message["From"], message["To"]) == ("Ada Stone <ada@example.test>", "claire@dupont.example")
    assert message["Subject"] == "Welcome Claire"
    assert b"{{" not in bytes(message)


def test_html_is_sent_beside_the_text_with_values_escaped(quick_desk: Desk, mail_server: Serve) -> None:
    server = mail_server()
    quick_desk.connect(server)
    quick_desk.change("email_template", 1, html="<p>{{ lead.first_name }}</p>")
    quick_desk.change("lead", 1, first_name="<b>{{ lead.email }}</b>")
    quick_desk.act("send_email_from_template", lead_id=1, email_template_id=1)
    quick_desk.work(quick_desk.postroom())
    message = read(server.mails[0].content)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html and html.get_content().strip() == "<p>&lt;b&gt;{{ lead.email }}&lt;/b&gt;</p>"
    assert text and text.get_content().startswith("Hello <b>{{ lead.email }}</b>,")


def test_a_line_break_in_a_field_adds_neither_a_header_nor_a_recipient(quick_desk: Desk, mail_server: Serve) -> None:
    server = mail_server()
    quick_desk.connect(server)
    quick_desk.change("user", 1, name=EVIL)
    quick_desk.change("lead", 1, first_name=EVIL)
    quick_desk.act("send_email_from_template", lead_id=1, email_template_id=1)
    quick_desk.work(quick_desk.postroom())
    (mail,) = server.mails
    message = read(mail.content)
    assert mail.rcpt_tos == ["claire@dupont.example"]
    assert sorted(message.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
    )


@pytest.mark.parametrize(
    "address", ["a@x.test, eve@evil.test", "a@x.test\r\nBcc: eve@evil.test", "a\u2028@x.test", "a@x.test%0aBcc"]
)
def test_an_address_that_is_two_is_refused_before_anything_is_written(quick_desk: Desk, address: str) -> None:
    quick_desk.change("lead", 1, email=address)
    with pytest.raises(Refused) as caught:
        quick_desk.send()
    assert caught.value.code == "bad_address"
    assert quick_desk.rows("outbox") == []


@pytest.mark.parametrize(
    "said", ["{{7*7}}", "{{ lead.__class__ }}", "{{ lead.email.__class__ }}", "{{ ''.join(lead) }}"]
)
def test_a_template_has_no_logic(quick_desk: Desk, said: str) -> None:
    with pytest.raises(Refused) as caught:
        quick_desk.send(content=said)
    assert caught.value.code == "variables_in_body"


def test_a_password_is_sealed_in_the_storage_and_opened_for_the_server(
    quick_desk: Desk, mail_server: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = mail_server(security="tls", login=True)
    sealed = quick_desk.vault.seal(PASSWORD)
    quick_desk.connect(server, security="tls", username=USER, password=sealed)
    email = quick_desk.send()
    quick_desk.work(quick_desk.postroom())
    assert PASSWORD not in sealed
    assert quick_desk.email(email)["state"] == "sent"


def test_a_refused_login_breaks_the_mailbox_until_it_works_again(quick_desk: Desk, mail_server: Serve) -> None:
    server = mail_server(security="starttls", login=False)
    quick_desk.connect(server, username=USER, password=quick_desk.vault.seal(PASSWORD))
    email, room = quick_desk.send(), quick_desk.postroom()
    quick_desk.work(room)
    assert next(row for row in quick_desk.rows("mailbox") if row["id"] == 1)["state"] == "error"
    quick_desk.change("mailbox", 1, username=None)
    quick_desk.work(room, later=100)
    assert quick_desk.email(email)["state"] == "sent"
    assert next(row for row in quick_desk.rows("mailbox") if row["id"] == 1)["state"] == "connected"


def test_a_mailbox_without_a_server_uses_the_one_of_the_house(quick_desk: Desk, mail_server: Serve) -> None:
    server = mail_server()
    email = quick_desk.send()
    quick_desk.work(quick_desk.postroom(**house(server)))
    assert (quick_desk.email(email)["state"], server.mails[0].mail_from) == ("sent", "ada@example.test")


def test_a_mailbox_without_any_server_waits_and_says_so(quick_desk: Desk) -> None:
    email = quick_desk.send()
    quick_desk.work(quick_desk.postroom())
    assert (quick_desk.email(email)["state"], "no mail server" in quick_desk.email(email)["error"]) == ("queued", True)


def test_a_mailbox_that_points_into_a_closed_network_is_never_connected_to(
    quick_desk: Desk, mail_server: Serve
) -> None:
    server = mail_server()
    quick_desk.connect(server)
    (mailbox,) = (row for row in quick_desk.rows("mailbox") if row["id"] == 1)
    closed = ways(load_settings({}), quick_desk.vault, Vetting())
    assert closed.of(mailbox).addresses  # type: ignore[union-attr]
    room = quick_desk.postroom()
    room._ways = closed
    email = quick_desk.send()
    quick_desk.work(room)
    assert (server.plan.calls, "LEADWIRE_OUTBOUND_ALLOW" in quick_desk.email(email)["error"]) == (0, True)


def test_a_server_that_hangs_holds_up_nobody_but_its_own_mailbox(quick_desk: Desk, mail_server: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        quick_desk.connect(MailServer(port=silent.getsockname()[1], plan=mail_server().plan))
        quick_desk.connect(server := mail_server(), mailbox=2)
        slow = [quick_desk.send() for _ in range(6)]
        quick = quick_desk.send(from_user_id=2)
        room = quick_desk.postroom(deadline=2.0)
        threading.Thread(target=quick_desk.work, args=(room,), daemon=True).start()
        end = threading.Event()
        for _ in range(100):
            if quick_desk.email(quick)["state"] == "sent":
                break
            end.wait(0.01)
        assert (len(server.mails), quick_desk.email(slow[0])["state"]) == (1, "queued")


@pytest.mark.parametrize(
    ("user", "actor", "mails"),
    [
        ({}, 1, 1),
        ({"notify_lead": False}, 1, 0),
        ({"notify_email": False}, 1, 0),
        ({"notify_task": False}, 1, 1),
        ({}, 2, 0),
    ],
    ids=str,
)
def test_S10_the_new_owner_of_a_lead_gets_a_notice(
    quick_desk: Desk, mail_server: Serve, user: dict[str, Any], actor: int, mails: int
) -> None:
    server = mail_server()
    quick_desk.change("user", 2, **user)
    scope = ADMIN if actor == 1 else type(ADMIN)(account_id=1, actor_id=actor)
    lead = quick_desk.act("create_lead", scope, title="Solar roof\r\nBcc: eve@evil.test", user_id=2)["id"]
    quick_desk.work(quick_desk.postroom(**house(server)))
    assert [mail.rcpt_tos for mail in server.mails] == [["ana@example.test"]] * mails
    for mail in server.mails:
        message = read(mail.content)
        assert message["Subject"] == "Nouveau prospect : Solar roof Bcc: eve@evil.test"
        assert (message["From"], message["Auto-Submitted"]) == (HOUSE, "auto-generated")
    assert not [row for row in quick_desk.rows("email") if row["lead_id"] == lead]


def test_a_lead_that_changes_hands_is_told_in_the_language_of_the_new_owner(
    quick_desk: Desk, mail_server: Serve
) -> None:
    server = mail_server()
    quick_desk.change("user", 3, locale="ru")
    quick_desk.act("assign", lead_id=1, user_id=3)
    quick_desk.act("assign", lead_id=1, user_id=3)
    quick_desk.work(quick_desk.postroom(**house(server)))
    assert [read(mail.content)["Subject"] for mail in server.mails] == ["Новый лид: Windows for Maison Dupont"]


@pytest.mark.parametrize(
    ("asked", "user", "mails"),
    [
        (True, {}, 1),
        (False, {}, 0),
        (None, {}, 0),
        (True, {"notify_task": False}, 0),
        (True, {"notify_email": False}, 0),
    ],
    ids=str,
)
def test_T13_a_task_is_mailed_only_when_asked_for_and_subscribed(
    quick_desk: Desk, mail_server: Serve, asked: bool | None, user: dict[str, Any], mails: int
) -> None:
    server = mail_server()
    quick_desk.change("user", 2, **user)
    wish: dict[str, Any] = {} if asked is None else {"mail_alert": asked}
    quick_desk.act("create_task", title="Call", user_id=2, **wish)
    quick_desk.work(quick_desk.postroom(**house(server)))
    assert [read(mail.content)["Subject"] for mail in server.mails] == ["Nouvelle tâche : Call"] * mails


def test_T13_without_a_server_of_the_house_there_are_no_notices(quick_desk: Desk) -> None:
    quick_desk.act("create_task", title="Call", user_id=2, mail_alert=True)
    quick_desk.work(quick_desk.postroom())
    assert [row["state"] for row in quick_desk.rows("outbox")] == ["failed"]


@pytest.mark.parametrize("url", ["smtp://", "imap://x", "x", "smtp://host:port"])
def test_a_mail_url_that_cannot_be_read_is_named(quick_desk: Desk, url: str) -> None:
    with pytest.raises(ValueError, match="LEADWIRE_MAIL_URL"):
        ways(load_settings({}, mail_url=url, mail_from=HOUSE), quick_desk.vault, Vetting())


def test_a_house_with_a_server_needs_a_sender(quick_desk: Desk) -> None:
    with pytest.raises(ValueError, match="LEADWIRE_MAIL_FROM"):
        ways(load_settings({}, mail_url="smtps://u:p%40@mail.test"), quick_desk.vault, Vetting())
