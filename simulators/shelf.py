"""The standard's own nodes, some six thousand, made once and laid on disk.

An asyncua server makes them anew at each start, which takes a second or two and 50 MB; from its shelf it takes those
only that somebody asks for (measured: 60 ms a server, and no memory worth naming).
"""

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from asyncua.server.server import Server

NODES = "nodes"


async def standard_nodes() -> Path | None:
    """Return the shelf for `Server.init`, made if need be; None where no cache can be written."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "gradewatch"
    # The nodes are pickled: another release of the library, or of Python, may not be able to read them.
    made = cache / f"opcua-{version('asyncua')}-{sys.implementation.cache_tag}"
    if not made.is_dir():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(dir=cache))
            await _make(work / NODES)
        except OSError:
            return None
        with suppress(OSError):  # somebody else was faster
            work.rename(made)
        shutil.rmtree(work, ignore_errors=True)
    return made / NODES


async def _make(shelf: Path) -> None:
    await Server().init(shelf)
    # Where Python has but its own simplest database, that has other names, and asyncua looks for this one.
    shelf.touch()
