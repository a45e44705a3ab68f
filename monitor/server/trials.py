"""Judges the past under a proposed plant, one proposal at a time, in a process of its own."""

import asyncio
import json
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from monitor.store.plant_changes import Proposal
from monitor.versions import write_files

KEPT_MAX = 8
LINE_BYTES_MAX = 4 * 2**20

_log = structlog.get_logger()


class TrialState(StrEnum):
    """How far it has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Running:
    """One trial.

    Attributes:
        done: the share that is judged.
        result: once it is done, see `monitor.trial.told`.
        error: why it failed.
    """

    number: int
    state: TrialState = TrialState.RUNNING
    done: float = 0.0
    result: Mapping[str, Any] | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Job:
    running: Running
    proposal: Proposal
    base: Path
    begin: datetime
    end: datetime


class Trials:
    """The trials of one server: one that runs at most, and the last that ended."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._known: OrderedDict[int, Running] = OrderedDict()
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(KEPT_MAX)
        self._process: asyncio.subprocess.Process | None = None

    def of(self, number: int) -> Running | None:
        """Give the last trial of a proposal."""
        return self._known.get(number)

    def busy(self) -> bool:
        """Whether one runs, of whichever proposal."""
        runs = any(one.state is TrialState.RUNNING for one in self._known.values())
        return runs or self._jobs.full()

    def start(self, proposal: Proposal, base: Path, begin: datetime, end: datetime) -> Running:
        """Begin one; none may be running.

        Args:
            proposal: with its files.
            base: folder of the kept plant to compare with.
            begin: of the time to judge.
            end: of it.
        """
        running = Running(proposal.number)
        self._known[proposal.number] = running
        self._known.move_to_end(proposal.number)
        if len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        self._jobs.put_nowait(_Job(running, proposal, base, begin, end))
        return running

    def cancel(self, number: int) -> None:
        """Stop one, if it runs."""
        running = self._known.get(number)
        if running is not None and running.state is TrialState.RUNNING:
            running.state = TrialState.CANCELLED
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()

    async def run(self) -> None:
        """Carry out what is asked, until cancelled."""
        while True:
            job = await self._jobs.get()
            try:
                await self._carry_out(job)
            finally:
                if job.running.state is TrialState.RUNNING:
                    job.running.state = TrialState.FAILED

    async def _carry_out(self, job: _Job) -> None:
        with tempfile.TemporaryDirectory(prefix="gradewatch-trial-") as folder:
            await asyncio.to_thread(write_files, Path(folder), job.proposal.files)
            asked = {
                "database_url": self._url,
                "old": str(job.base),
                "new": folder,
                "begin": job.begin.isoformat(),
                "end": job.end.isoformat(),
            }
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "monitor.trial"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE_BYTES_MAX,
                start_new_session=True,
            )
            try:
                await self._hear(self._process, job.running, asked)
            finally:
                if self._process.returncode is None:
                    self._process.kill()
                await self._process.wait()
                self._process = None

    async def _hear(
        self, process: asyncio.subprocess.Process, running: Running, asked: Mapping[str, str]
    ) -> None:
        if running.state is not TrialState.RUNNING or process.stdin is None or process.stdout is None:
            return
        # The URL may hold a password: it goes by the input, not by the arguments that everybody sees.
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        await process.stdin.drain()
        async for line in process.stdout:
            message = json.loads(line)
            if running.state is not TrialState.RUNNING:
                return
            running.done = message.get("done", running.done)
            if "result" in message:
                running.state, running.done, running.result = TrialState.DONE, 1.0, message["result"]
            if "error" in message:
                running.state, running.error = TrialState.FAILED, message["error"]
                _log.warning("trial_failed", proposal=running.number, error=running.error)
