"""Server processes: start on a free port, wait for the first answer, read the CPU time of the tree, stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import floor, load

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "benchmarks" / "schemas"
RATE_LIMIT = "1000000"
"""Calls are counted like anybody's, but none is refused."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, the token it accepts, its process."""

    port: int
    token: str
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used so far, user and system."""
        return sum(_cpu(pid) for pid in _tree(self.pid))


@contextmanager
def product(url: str, token: str, *, workers: int = 1, threads: int | None = None) -> Iterator[Server]:
    """The product on that database, started as a user starts it, with the benchmark's action laid over its own."""
    settings = {
        "LEADWIRE_DATABASE_URL": url,
        "LEADWIRE_SCHEMAS": str(SCHEMAS),
        "LEADWIRE_ADMIN_TOKEN": token,
        "LEADWIRE_WORKERS": str(workers),
        "LEADWIRE_LOG_LEVEL": "WARNING",
        "LEADWIRE_RATE_LIMIT": RATE_LIMIT,
    } | ({"LEADWIRE_THREADS": str(threads)} if threads else {})
    port = free_port()
    with _running([sys.executable, "app.py"], settings | {"LEADWIRE_PORT": str(port)}, port, "/healthz") as pid:
        yield Server(port, token, pid)


@contextmanager
def hand_written(url: str, *, workers: int = 1, threads: int = 1) -> Iterator[Server]:
    """The hand-written endpoint on that (empty) database."""
    settings = {"FLOOR_DATABASE_URL": url}
    subprocess.run([sys.executable, "-m", "benchmarks.floor"], cwd=ROOT, env=os.environ | settings, check=True)
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", str(threads), "--log-level", "warning"]
    with _running([*command, "benchmarks.floor:app"], settings, port, "/") as pid:
        yield Server(port, floor.TOKEN, pid)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextmanager
def _running(command: list[str], settings: Mapping[str, str], port: int, path: str) -> Iterator[int]:
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL)
    try:
        _await(process, port, path)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            for pid in _tree(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        with suppress(OSError, RuntimeError):
            load.once(port, load.get(path, ""))
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} does not answer on port {port}")


def _tree(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(FileNotFoundError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text().split())
    return [pid, *(below for child in children for below in _tree(child))]


def _cpu(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0
