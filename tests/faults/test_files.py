"""Fault case 38: an action file is replaced, broken and cut off under a server at work."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import requests

from tests.plugins.server import ADMIN_TOKEN, Live, running, until


def declared(live: Live, word: str) -> str:
    live.declare("file_away", {"set": {"description": word}})
    return live.folder.joinpath("schemas", "actions", "lead", "file_away.json").read_text()


def answered(live: Live) -> tuple[int, str]:
    url = f"{live.base}/api/v1/actions/file_away"
    answer = requests.post(url, json={"lead_id": 1}, headers=live.headers, timeout=30)
    return answer.status_code, str(answer.json().get("description"))


def problems(live: Live) -> str:
    return json.dumps(requests.get(f"{live.base}/readyz", timeout=30).json()["problems"])


def test_38_the_old_file_stays_in_force_until_the_new_one_is_whole(tmp_path: Path) -> None:
    with running(tmp_path, admin_token=ADMIN_TOKEN) as live:
        text = declared(live, "first")
        assert until(lambda: answered(live)[0] == 200)
        seen: list[tuple[int, str]] = []
        over = threading.Event()

        def load() -> None:
            while not over.is_set():
                seen.append(answered(live))

        caller = threading.Thread(target=load)
        caller.start()
        file = live.folder / "schemas" / "actions" / "lead" / "file_away.json"
        file.write_text(text[: len(text) // 2])
        assert until(lambda: "file_away.json" in problems(live))
        file.write_text(text.replace('"set"', '"sett"'))
        assert until(lambda: "sett" in problems(live))
        assert set(seen) == {(200, "first")}
        declared(live, "second")
        assert until(lambda: (200, "second") in seen)
        over.set()
        caller.join(30)
        assert (problems(live), answered(live)) == ("[]", (200, "second"))
        assert {status for status, _ in seen} == {200}
