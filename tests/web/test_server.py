"""`python app.py`: what it makes, prints, and serves; several workers; how it ends."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.service import create_app, open_house
from connector.settings import Settings, load
from tests.plugins.server import ADMIN_TOKEN, Live, launched, running, said, until


def token_in(text: str) -> str:
    (found,) = [line.split()[1] for line in text.splitlines() if line.startswith("Token:")]
    return found


def me(live: Live, token: str, by: Any = requests) -> int:
    return int(by.get(f"{live.base}/api/v1/me", headers={"X-API-KEY": token}, timeout=10).status_code)


def test_an_empty_folder_becomes_a_demo_with_one_token_told_once(tmp_path: Path) -> None:
    with running(tmp_path) as live:
        first = said(tmp_path)
        assert f"Leadwire: {live.base}" in first and "WARNING" not in first
        assert me(live, token_in(first)) == 200
    assert (tmp_path / "leadwire.db").exists()
    with running(tmp_path) as live:
        assert "Token:" not in said(tmp_path)
        assert me(live, token_in(first)) == 200


def test_without_the_demo_there_is_an_empty_account_to_work_in(tmp_path: Path) -> None:
    with running(tmp_path, demo="false", admin_token=ADMIN_TOKEN) as live:
        assert ADMIN_TOKEN not in said(tmp_path)
        assert live.get("leads")["data"] == []
        assert live.simple(live.lead(), "won").json()["status"] == "won"


def test_several_first_starts_at_once_make_one_database(tmp_path: Path) -> None:
    settings = load({"LEADWIRE_DATABASE_URL": f"sqlite:///{tmp_path / 'leadwire.db'}"})
    with ThreadPoolExecutor(4) as pool:
        houses = list(pool.map(open_house, [settings] * 4))
    assert len([house.first_token for house in houses if house.first_token]) == 1
    for house in houses:
        house.close()


def test_memory_is_served_by_one_process(tmp_path: Path) -> None:
    with running(tmp_path, database_url="memory:", workers="4") as live:
        assert me(live, token_in(said(tmp_path))) == 200


@pytest.mark.parametrize("workers", ["1", "3"])
def test_workers_share_one_database(tmp_path: Path, workers: str) -> None:
    with running(tmp_path, admin_token=ADMIN_TOKEN, workers=workers) as live:
        leads = [live.lead(title=f"Lead {number}") for number in range(20)]
        assert len(set(leads)) == 20
        assert all(live.read(lead)["title"].startswith("Lead") for lead in leads)


@pytest.mark.parametrize("later", [0.2, 0.5])
def test_a_server_told_to_end_while_it_starts_ends_soon(tmp_path: Path, later: float) -> None:
    with launched(tmp_path, workers="3") as (process, _):
        assert until(lambda: "Leadwire:" in said(tmp_path))
        time.sleep(later)
        process.terminate()
        process.wait(15)


def test_requests_under_way_are_finished_at_the_end(tmp_path: Path) -> None:
    rows = [{"title": f"Lead {number}"} for number in range(1000)]
    answers: list[int] = []
    with running(tmp_path, admin_token=ADMIN_TOKEN) as live:
        address = f"{live.base}/api/v1/actions/create_lead/batch"

        def send() -> None:
            answers.append(requests.post(address, json={"rows": rows}, headers=live.headers, timeout=60).status_code)

        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(0.2)
    sender.join()
    assert answers == [200]


def test_a_revoked_token_is_turned_away_in_a_connection_that_is_open(live: Live) -> None:
    place = f"{live.base}/api/v1/tokens"
    made = requests.post(place, json={"name": "x"}, headers=live.headers, timeout=10).json()
    with requests.Session() as line:
        assert me(live, made["token"], line) == 200
        requests.delete(f"{place}/{made['id']}", headers=live.headers, timeout=10)
        assert me(live, made["token"], line) == 401


def test_no_address_that_is_asked_for_is_printed(tmp_path: Path) -> None:
    with running(tmp_path, log_level="DEBUG", log_format="json") as live:
        for path in ("api/v1/me?apikey=marked", "leads?token=marked", "in/forms/marked", "api/v1/hooks/marked"):
            assert requests.get(f"{live.base}/{path}", timeout=10).status_code in (401, 404, 405)
    assert "/leads" in said(tmp_path)
    assert "marked" not in said(tmp_path)


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/api/v1/leads?q=" + "x" * 33_000, 0, 414),
        ("/api/v1/leads?q=" + "x" * 70_000, 0, 414),
        ("/api/v1/leads?q=" + "x" * 900_000, 0, 431),
        ("/api/v1/me", 40_000, 431),
        ("/api/v1/me", 900_000, 431),
    ],
)
def test_what_is_too_long_to_be_read_is_refused_and_the_server_goes_on(
    live: Live, target: str, headers: int, status: int
) -> None:
    host, port = live.base.removeprefix("http://").split(":")
    answer = b""
    # Who is refused in the middle of a sentence may find the line cut before the refusal is read.
    with suppress(ConnectionError), socket.create_connection((host, int(port)), timeout=10) as peer:
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Long: {'x' * headers}\r\n\r\n".encode())
        answer = peer.recv(65_536)
    cut = max(len(target), headers) > 400_000
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) or (cut and not answer)
    assert me(live, ADMIN_TOKEN) == 200


def test_a_house_that_is_closed_leaves_no_thread_behind(settings: Settings) -> None:
    before = {*threading.enumerate()}
    house = open_house(settings)
    create_app(house=house)
    assert {thread.name for thread in {*threading.enumerate()} - before} == {"catalog-watch", "leadwire-upkeep"}
    house.close()
    assert until(lambda: not ({*threading.enumerate()} - before))
