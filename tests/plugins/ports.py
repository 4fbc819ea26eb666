"""Ports for servers that a test starts: free ones, and ones that nothing else is given before the server listens."""

from __future__ import annotations

import os
import random
import socket
from itertools import count
from pathlib import Path

GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
LANES, TURNS = 64, 128
"""Workers of one run take every 64th port, each another."""
_lane = int(os.environ.get("PYTEST_XDIST_WORKER", f"gw{LANES - 1}").removeprefix("gw")) % LANES
_turns = count(random.SystemRandom().randrange(TURNS))


def free_port() -> int:
    """A port that nobody listens on.

    It lies below those that the system gives to whoever asks for any port. One of those would be free now, and somebody
    else's a second later, when the server that it is for has started.
    """
    end = int(GIVEN_OUT.read_text().split()[0]) if GIVEN_OUT.exists() else 32768
    for turn in _turns:
        port = end - LANES * (1 + turn % TURNS) + _lane
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("the turns have no end")
