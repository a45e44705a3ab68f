"""Makes packages of batches, one at a time, in a process of its own at the lowest priority; the last ones stay."""

import asyncio
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from monitor.server.program import Program, Run, RunState

FOLDER = "packages"
"""In the data folder."""
KEPT_MAX = 3
"""Files that stay: each may be gigabytes, and can be made again."""
LINE_BYTES_MAX = 2**20
COMMAND = (sys.executable, "-m", "monitor.packing")


class Packages:
    """The packages of one server: one that is being made at most, and the last that were."""

    def __init__(self, data: Path, command: Sequence[str] = COMMAND) -> None:
        """Know the data folder, and the program that makes a package."""
        self._data = data
        self.program = Program(command, LINE_BYTES_MAX, KEPT_MAX)

    def file(self, batch: str) -> Path:
        """Say where the package of a batch is, once it is made."""
        return self._data / FOLDER / f"{batch}.zip"

    def start(self, batch: str, asked: Mapping[str, str]) -> Run:
        """Begin one; none may be being made.

        Args:
            batch: its id.
            asked: what the program is told, see `monitor.packing.Packing`, but for file and folder.
        """
        file = self.file(batch)
        whole = {**asked, "batch": batch, "data": str(self._data), "file": str(file)}
        return self.program.start(batch, partial(self._make, file, whole))

    async def _make(self, file: Path, asked: Mapping[str, str], run: Run) -> None:
        await self.program.ask(run, asked)
        # One that was stopped by a person leaves nothing half made; one that was cut off is gone on with.
        if run.state is RunState.CANCELLED:
            await asyncio.to_thread(shutil.rmtree, file.with_suffix(".work"), True)
        if run.state is RunState.DONE:
            await asyncio.to_thread(self._tidy)

    def _tidy(self) -> None:
        files = sorted(self.file("any").parent.glob("*.zip"), key=lambda file: file.stat().st_mtime)
        for file in files[:-KEPT_MAX]:
            file.unlink(missing_ok=True)
