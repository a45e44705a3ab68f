"""Ports of loopback for servers to come, given out in turn to all processes of this user."""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

PORTS = range(16_000, 32_000)
"""Neither the demo plant's nor those that Linux gives to outgoing connections (from 32768 on)."""
TURN = f"gradewatch-ports-{os.getuid()}"
"""The file, in the folder of temporary files, that tells whose turn it is."""


def free_port() -> int:
    """Return a port that nobody listens on now, and that nobody else is given soon."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return so many ports that nobody listens on now.

    In turn, and not by chance: between being given out and being listened on a port is anybody's, and tests that run
    side by side would now and then be given the same one. So none comes again before all others had their turn.

    Raises:
        SystemExit: there are not so many.
    """
    found: list[int] = []
    with open(Path(tempfile.gettempdir()) / TURN, "a+") as turn:  # noqa: PTH123 - it is the lock too
        fcntl.flock(turn, fcntl.LOCK_EX)
        turn.seek(0)
        last = int(turn.read() or random.choice(PORTS))
        for _ in PORTS:
            last = PORTS[(last + 1 - PORTS.start) % len(PORTS)]
            if _is_free(last):
                found.append(last)
            if len(found) == count:
                turn.truncate(0)
                turn.write(str(last))
                return found
    raise SystemExit(f"no {count} free ports within {PORTS}")


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
