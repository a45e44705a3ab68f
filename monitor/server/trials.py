"""Judges the past under a proposed plant, one proposal at a time, in a process of its own."""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from monitor.server.program import Program, Run
from monitor.store.plant_changes import Proposal
from monitor.versions import write_files

KEPT_MAX = 8
LINE_BYTES_MAX = 4 * 2**20
COMMAND = (sys.executable, "-m", "monitor.trial")


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be judged.

    Attributes:
        proposal: with its files.
        base: folder of the kept plant to compare with.
        begin: of the time.
        end: of it.
    """

    proposal: Proposal
    base: Path
    begin: datetime
    end: datetime


class Trials:
    """The trials of one server: one that runs at most, and the last that ended."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self.program = Program(COMMAND, LINE_BYTES_MAX, KEPT_MAX)

    def start(self, trial: Trial) -> Run:
        """Begin one; none may be running. What it comes to: `monitor.trial.told`."""
        return self.program.start(trial.proposal.number, partial(self._judge, trial))

    async def _judge(self, trial: Trial, run: Run) -> None:
        with tempfile.TemporaryDirectory(prefix="gradewatch-trial-") as folder:
            await asyncio.to_thread(write_files, Path(folder), trial.proposal.files)
            asked = {
                "database_url": self._url,
                "old": str(trial.base),
                "new": folder,
                "begin": trial.begin.isoformat(),
                "end": trial.end.isoformat(),
            }
            await self.program.ask(run, asked)
