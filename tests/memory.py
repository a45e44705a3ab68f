"""Where tests keep their files: in memory, if this machine has such a place with room.

Hundreds of databases, journals and browsers' profiles come and go, and what of it is still there when the power fails
is nobody's concern: a disk would be waited for.
"""

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 3 * 1024**3
"""What has to be free there."""
OURS = "gradewatch-test-"
"""What the folder of a run is called, before who has made it."""


def keep_in_memory() -> Path | None:
    """Make the folder of this run, and have all temporary files of it and of its children made there.

    All but pytest's own, whose paths are long as they are: sockets are made below them, and a socket's path is short.

    Returns:
        The folder, for whoever made it to remove; None: there is no such place, or it was made before.
    """
    _sweep()
    if OURS in tempfile.gettempdir() or not IN_MEMORY.is_dir() or _free_bytes() < ROOM_BYTES:
        return None
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = IN_MEMORY / f"{OURS}{os.getpid()}"
    folder.mkdir(mode=0o711)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    return folder


def _free_bytes() -> int:
    return shutil.disk_usage(IN_MEMORY).free


def _sweep() -> None:
    """Remove what those have left who were cut off; a server whose files are gone ends by itself."""
    for left in IN_MEMORY.glob(f"{OURS}*"):
        maker = left.name.removeprefix(OURS).partition("-")[0]
        if maker.isdigit() and not Path("/proc", maker).exists():
            shutil.rmtree(left, ignore_errors=True)
