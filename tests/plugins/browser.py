"""A real browser, driven over the pipe that Chromium itself offers: no driver, no library, no port."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1300,1400",
)
PATIENCE = 30.0


class Browser:
    """One page of a browser, and what it has asked for and complained of since it was opened."""

    def __init__(self, program: str, folder: Path) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._number, self._rest, self._session = 0, b"", ""
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        moves = [
            (os.POSIX_SPAWN_DUP2, theirs_in, 3),
            (os.POSIX_SPAWN_DUP2, theirs_out, 4),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        arguments = [program, *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        self._pid = os.posix_spawn(program, arguments, dict(os.environ), file_actions=moves)
        os.close(theirs_in)
        os.close(theirs_out)
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Go there."""
        self._ask("Page.navigate", url=url)

    def value(self, script: str) -> Any:
        """What a JavaScript expression gives on the page."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """The first true value of a JavaScript expression."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := self.value(script):
                return found
            self._hear(time.monotonic() + 0.05)
        raise AssertionError(f"{script} never came true; the page complains: {self.complaints}")

    def click(self, selector: str) -> None:
        """Click the first element of that kind, once it is there."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.value(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, text: str) -> None:
        """Fill an input as a person would: its framework hears of it."""
        self.wait(f"!!document.querySelector({json.dumps(selector)})")
        self.value(
            f"""(() => {{
                const input = document.querySelector({json.dumps(selector)});
                const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), "value");
                own.set.call(input, {json.dumps(text)});
                input.dispatchEvent(new Event("input", {{bubbles: true}}));
            }})()"""
        )

    def close(self) -> None:
        """End the browser."""
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params}
        message = asked | ({"sessionId": self._session} if self._session else {})
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while (heard := self._hear(end)) is not None:
            if heard.get("id") == self._number:
                assert "result" in heard, heard
                return dict(heard["result"])
        raise AssertionError(f"no answer to {method}")

    def _hear(self, end: float) -> dict[str, Any] | None:
        """The next message, noted where it tells of the page; None when none comes in time."""
        while b"\0" not in self._rest:
            if not select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            self._rest += os.read(self._in, 65536)
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        params = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        if message.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])
        return message


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """A browser with an empty profile."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("the system package `chromium` is not installed")
    opened = Browser(program, tmp_path / "profile")
    yield opened
    opened.close()
