"""Security rows S1 to S6 on both senders: the one of deliveries (kept lines) and the one of fetches (requests)."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.events.addresses import Vetting, networks
from connector.events.calls import READ, Call, Reply
from connector.events.fetch import fetch
from connector.events.outbound import Sender
from tests.events.test_addresses import SPELLINGS, answering
from tests.plugins.receivers import Receiver

LOOPBACK = networks("127.0.0.0/8")
Send = Callable[[Call, Vetting], Reply]


def by_loop(call: Call, vetting: Vetting) -> Reply:
    async def work() -> Reply:
        sender = Sender(vetting)
        try:
            return await sender.send(call)
        finally:
            await sender.close()

    return asyncio.run(work())


@pytest.fixture(params=[by_loop, fetch], ids=["lines", "requests"])
def send(request: pytest.FixtureRequest) -> Any:
    return request.param


def post(url: str, **given: Any) -> Call:
    return Call(method="POST", url=url, body=b"{}", **{"timeout": 5.0, **given})


def test_a_request_arrives_with_the_name_it_was_sent_to(send: Send, receiver: Receiver) -> None:
    reply = send(
        post(f"http://hook.example:{receiver.port}/a?b=1"), Vetting(allow=LOOPBACK, resolve=answering("127.0.0.1"))
    )
    assert (reply.status, reply.body, reply.ok) == (200, b"ok", True)
    assert receiver.requests[0].headers["host"] == f"hook.example:{receiver.port}"
    assert (receiver.requests[0].path, receiver.requests[0].body) == ("/a?b=1", b"{}")
    assert receiver.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_loopback_is_connected_to(send: Send, receiver: Receiver, spelling: str) -> None:
    reply = send(post(f"http://{spelling}:{receiver.port}/"), Vetting())
    assert reply.status is None
    assert reply.error is not None
    assert receiver.connections == 0


def test_an_open_and_a_closed_port_are_told_apart_by_nothing(send: Send, receiver: Receiver) -> None:
    said = {send(post(f"http://127.0.0.1:{port}/"), Vetting()).error for port in (receiver.port, 1)}
    assert said == {"network_not_allowed"}


def test_a_name_that_changes_its_address_between_look_ups_gains_nothing(send: Send, receiver: Receiver) -> None:
    answers = iter([["93.184.216.34", "127.0.0.1"], ["127.0.0.1"], ["127.0.0.1"]])
    flipping = Vetting(resolve=lambda host, port, **given: answering(*next(answers))(host, port))
    replies = [send(post(f"http://flip.example:{receiver.port}/"), flipping) for _ in range(3)]
    assert {reply.error for reply in replies} == {"network_not_allowed"}
    assert receiver.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(send: Send, new_receiver: Callable[..., Receiver], status: int) -> None:
    canary = new_receiver()
    front = new_receiver(answer=(status, {"Location": canary.url()}))
    reply = send(post(front.url()), Vetting(allow=LOOPBACK))
    assert (reply.status, reply.ok) == (status, False)
    assert (len(front.requests), canary.connections) == (1, 0)


def test_nothing_of_the_environment_reaches_the_receiver(
    send: Send, new_receiver: Callable[..., Receiver], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy, target = new_receiver(), new_receiver()
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login secret password word\n")
    os.chmod(netrc, 0o600)
    for name, value in {"HTTP_PROXY": proxy.url(""), "http_proxy": proxy.url(""), "ALL_PROXY": proxy.url(""),
                        "NETRC": str(netrc), "HOME": str(tmp_path)}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert send(post(target.url()), Vetting(allow=LOOPBACK)).ok
    assert proxy.connections == 0
    assert "authorization" not in target.requests[0].headers


def dripping(prefix: bytes) -> Callable[[socket.socket], None]:
    def drip(sock: socket.socket) -> None:
        sock.sendall(prefix)
        for _ in range(100):
            sock.sendall(b"x: y\r\n" if not prefix.endswith(b"\r\n\r\n") else b"x")
            time.sleep(0.1)

    return drip


@pytest.mark.parametrize(
    "prefix", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"], ids=["headers", "body"]
)
def test_a_receiver_that_drips_is_left_at_the_deadline(send: Send, receiver: Receiver, prefix: bytes) -> None:
    receiver.answer = dripping(prefix)
    start = time.monotonic()
    reply = send(post(receiver.url(), timeout=1.0), Vetting(allow=LOOPBACK))
    assert (reply.ok, reply.error) == (False, "no_answer_in_time")
    assert time.monotonic() - start < 2


CUT = {
    "nothing": b"",
    "status line": b"HTTP/1.1 200 OK\r\n",
    "headers": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
}


@pytest.mark.parametrize("raw", CUT.values(), ids=CUT.keys())
def test_an_answer_cut_short_is_no_success(send: Send, receiver: Receiver, raw: bytes) -> None:
    receiver.answer = raw
    assert not send(post(receiver.url()), Vetting(allow=LOOPBACK)).ok


def endless(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for _ in range(4000):
        sock.sendall(block)


def test_of_an_endless_answer_64_kb_are_read(send: Send, receiver: Receiver) -> None:
    receiver.answer = endless
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = send(post(receiver.url()), Vetting(allow=LOOPBACK))
    assert (reply.status, len(reply.body)) == (200, READ)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32_000


def test_a_compressed_bomb_is_not_unpacked(send: Send, receiver: Receiver) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = send(post(receiver.url()), Vetting(allow=LOOPBACK))
    assert reply.body == bomb[:READ]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32_000


def test_a_port_where_nobody_listens_is_a_failure_with_a_reason(send: Send) -> None:
    assert send(post("http://127.0.0.1:1/"), Vetting(allow=LOOPBACK)).error == "cannot_connect"


def test_an_unknown_name_is_a_failure_with_a_reason(send: Send) -> None:
    def unknown(*args: Any, **given: Any) -> Any:
        raise socket.gaierror(-2, "unknown")

    assert send(post("http://nowhere.example/"), Vetting(resolve=unknown)).error == "name_not_found"


WHOLE = {
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nTrailer: x\r\n\r\n",
    "an announcement first": b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "up to the end of the connection": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nok",
    "an old receiver": b"HTTP/1.0 200 OK\r\n\r\nok",
}


@pytest.mark.parametrize("raw", WHOLE.values(), ids=WHOLE.keys())
def test_an_answer_may_be_whole_in_several_ways(receiver: Receiver, raw: bytes) -> None:
    receiver.answer = raw
    reply = by_loop(post(receiver.url()), Vetting(allow=LOOPBACK))
    assert (reply.ok, reply.status, reply.body) == (True, 200, b"ok")


def test_a_head_without_end_is_left(receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000
    assert by_loop(post(receiver.url()), Vetting(allow=LOOPBACK)).error in ("answer_not_http", "answer_cut_short")


def several(calls: list[Call]) -> list[Reply]:
    async def work() -> list[Reply]:
        sender = Sender(Vetting(allow=LOOPBACK))
        replies = [await sender.send(call) for call in calls]
        await sender.close()
        return replies

    return asyncio.run(work())


def test_one_connection_serves_one_request_after_the_other(receiver: Receiver) -> None:
    assert all(reply.ok for reply in several([post(receiver.url())] * 5))
    assert receiver.connections == 1


@pytest.mark.parametrize(
    "first", [(200, {"Connection": "close"}), b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 No\r\n\r\n"]
)
def test_an_answer_that_nobody_asked_for_is_no_answer_to_the_next_request(receiver: Receiver, first: Any) -> None:
    receiver.script = [first]
    assert [reply.status for reply in several([post(receiver.url())] * 2)] == [200, 200]
    assert receiver.connections == 2


@pytest.mark.parametrize("value", ["a\r\nX-Own: 1", "a\nX-Own: 1", "a\0"])
def test_a_header_cannot_begin_another_line(receiver: Receiver, value: str) -> None:
    (reply,) = several([post(receiver.url(), headers={"X-Key": value})])
    assert (reply.error, receiver.connections) == ("url_not_plain", 0)
