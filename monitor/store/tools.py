"""PostgreSQL's own programs for backup and restore: which of this machine's fit a server, and how they are run."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from config.faults import MendableError
from monitor.store import embedded
from monitor.store.database import DatabaseError


class ToolError(MendableError):
    """A program of PostgreSQL's is missing or failed. One line: which, and what to do."""


def tools_for(major: int, folder: Path | None) -> Path:
    """Find the folder of programs that fit a server: of its own major version, or of the next that there is.

    An older pg_dump refuses a newer server; what a newer one writes is only promised to be read by its own version.

    Args:
        major: the server's version, for example 17.
        folder: where to look; None: along PATH, where Debian keeps them, and beside the embedded database.

    Raises:
        ToolError: there are none.
    """
    found = {
        version: place
        for place in reversed([folder] if folder else list(_places()))
        if (version := _major(place)) >= major
    }
    if not found:
        raise ToolError(
            f"no pg_dump of PostgreSQL {major} or newer in {folder or 'PATH'}; install postgresql-client-{major}, "
            "or say with --programs where it is"
        )
    return found[min(found)]


async def run_tool(program: Path, url: str, *words: str) -> None:
    """Run a program to its end on a database, whose password it is told where nobody else reads it.

    Raises:
        ToolError: it failed; with the first error that it said.
    """
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    without = parts._replace(netloc=f"{user.partition(':')[0]}@{place}" if user else place).geturl()
    password = {"PGPASSWORD": unquote(parts.password)} if parts.password else {}
    process = await asyncio.create_subprocess_exec(
        *(str(program), "--no-password", f"--dbname={without}", *words),
        env={**os.environ, **password, "LC_ALL": "C"},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        error = next((line for line in lines if "error: " in line), f"ended with {process.returncode}")
        raise ToolError(f"{program.name} failed: {error}")


def _places() -> Iterator[Path]:
    for name in os.environ.get("PATH", "").split(os.pathsep):
        if name:
            yield Path(name)
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    with suppress(DatabaseError):
        yield embedded.programs()


def _major(folder: Path) -> int:
    program = shutil.which("pg_dump", path=str(folder))
    if program is None or not (folder / "pg_restore").exists():
        return 0
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - no shell
    version = re.search(r"(\d+)", said)
    return int(version.group(1)) if version else 0
