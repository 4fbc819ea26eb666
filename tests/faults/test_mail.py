"""Fault case 30: the mail server, or the worker, breaks before, during or after DATA."""

from __future__ import annotations

import pytest

from connector.errors import Refused
from connector.events.feeds import page
from connector.events.outbox import Overtaken, claim, due, pass_point
from connector.events.schedule import stamp
from tests.plugins.mailservers import MailServer, Serve
from tests.plugins.postrooms import ADMIN, Desk, catalog, read

BEFORE = (
    {"connect": "drop"},
    {"EHLO": "drop"},
    {"MAIL": "drop"},
    {"RCPT": "drop"},
    {"RCPT": "450 later"},
    {"DATA": "drop"},
)


def ids(server: MailServer) -> list[str]:
    """The Message-IDs of what a server was given."""
    return [read(mail.content)["Message-ID"] for mail in server.mails]


@pytest.mark.parametrize("steps", BEFORE, ids=str)
def test_a_server_down_before_the_text_is_tried_again_and_sent_once(
    mail_desk: Desk, mail_server: Serve, steps: dict[str, str]
) -> None:
    server = mail_server(**steps)
    mail_desk.connect(server)
    email, room = mail_desk.send(), mail_desk.postroom()
    mail_desk.work(room)
    waiting = mail_desk.email(email)
    assert (waiting["state"], bool(waiting["error"]), server.mails) == ("queued", True, [])
    server.plan.steps.clear()
    mail_desk.work(room)
    assert server.mails == []
    mail_desk.work(room, later=10)
    mail_desk.work(room, later=1000)
    sent = mail_desk.email(email)
    assert (sent["state"], sent["error"]) == ("sent", None)
    assert ids(server) == [sent["message_id"]]


def test_a_server_that_stays_down_fails_the_mail_at_the_end_of_the_schedule(
    quick_desk: Desk, mail_server: Serve
) -> None:
    server = mail_server(RCPT="451 later")
    quick_desk.connect(server)
    email, room = quick_desk.send(), quick_desk.postroom()
    for _ in range(6):
        quick_desk.work(room, later=100)
    assert (quick_desk.email(email)["state"], server.plan.calls) == ("failed", 3)


def test_a_lost_answer_leaves_it_unknown_and_nothing_is_sent_blindly(mail_desk: Desk, mail_server: Serve) -> None:
    server = mail_server(reply="drop")
    mail_desk.connect(server)
    email, room = mail_desk.send(), mail_desk.postroom()
    for _ in range(4):
        mail_desk.work(room, later=1000)
    unknown = mail_desk.email(email)
    assert (unknown["state"], len(server.mails)) == ("unknown", 1)
    assert "may have been sent" in unknown["error"]
    server.plan.steps.clear()
    mail_desk.act("resend_email", email_id=email)
    mail_desk.work(room, later=1)
    sent = mail_desk.email(email)
    assert (sent["state"], sent["error"]) == ("sent", None)
    assert ids(server) == [sent["message_id"]] * 2


def test_only_what_failed_or_is_unknown_can_be_sent_again(quick_desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        quick_desk.act("resend_email", email_id=quick_desk.send())
    assert caught.value.code == "not_resendable"


def test_a_line_cut_during_the_text_never_doubles(mail_desk: Desk, mail_server: Serve) -> None:
    server = mail_server(during="drop")
    mail_desk.connect(server)
    email, room = mail_desk.send(), mail_desk.postroom()
    mail_desk.work(room)
    state = mail_desk.email(email)["state"]
    server.plan.steps.clear()
    mail_desk.work(room, later=1000)
    # Where the system took the whole text before it noticed, nobody can know; else it was tried again.
    assert (state, mail_desk.email(email)["state"], len(server.mails)) in {
        ("unknown", "unknown", 0),
        ("queued", "sent", 1),
    }


@pytest.mark.parametrize(("died_in", "state", "mails"), [("sending", "sent", 1), ("text", "unknown", 0)])
def test_a_worker_that_died_leaves_what_it_could_not_know(
    mail_desk: Desk, mail_server: Serve, died_in: str, state: str, mails: int
) -> None:
    server = mail_server()
    mail_desk.connect(server)
    email, room = mail_desk.send(), mail_desk.postroom()
    now, until = stamp(mail_desk.clock.now()), stamp(mail_desk.clock.now(), 60)
    (row,) = due(mail_desk.store, now)
    claimed = claim(mail_desk.store, row, now, until)
    assert claimed is not None
    if died_in == "text":
        pass_point(mail_desk.store, claimed, until)
    mail_desk.work(room, later=30)
    assert mail_desk.email(email)["state"] == "queued"
    mail_desk.work(room, later=40)
    assert (mail_desk.email(email)["state"], len(server.mails)) == (state, mails)


def test_a_worker_that_hung_beyond_its_lease_sends_nothing(mail_desk: Desk, mail_server: Serve) -> None:
    server = mail_server()
    mail_desk.connect(server)
    mail_desk.send()
    now = mail_desk.clock.now()
    (row,) = due(mail_desk.store, stamp(now))
    slow = claim(mail_desk.store, row, stamp(now), stamp(now, 60))
    assert slow is not None
    mail_desk.work(mail_desk.postroom(), later=61)
    with pytest.raises(Overtaken):
        pass_point(mail_desk.store, slow, stamp(now, 120))
    assert len(server.mails) == 1


def test_two_workers_send_each_mail_once(mail_desk: Desk, mail_server: Serve) -> None:
    server, other = mail_server(), mail_server()
    mail_desk.connect(server)
    mail_desk.connect(other, mailbox=2)
    for number in range(20):
        mail_desk.send(subject=f"Mail {number}", from_user_id=1 + number % 2)
    rooms = [mail_desk.postroom(), mail_desk.postroom()]
    while any([room.turn() for room in rooms]):
        for room in rooms:
            room.drain()
    subjects = [read(mail.content)["Subject"] for mail in (*server.mails, *other.mails)]
    assert sorted(subjects) == sorted(f"Mail {number}" for number in range(20))


def test_the_feed_of_sent_mail_tells_only_what_was_sent(mail_desk: Desk, mail_server: Serve) -> None:
    mail_desk.connect(mail_server())
    mail_desk.connect(mail_server(RCPT="550 nobody"), mailbox=2)
    sent = mail_desk.send()
    mail_desk.act("send_email_from_template", lead_id=1, email_template_id=1, from_user_id=2)
    mail_desk.work(mail_desk.postroom())
    found = page(catalog(), mail_desk.store, ADMIN, "email_sent", {}, after=None, limit=None)
    assert [item["email_id"] for item in found.data] == [sent]
