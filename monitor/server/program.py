"""A program beside the server, for what takes long: asked by one line on its input, heard line by line to its end."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import structlog

_log = structlog.get_logger()
_DIED = "it ended before it was done; see the server's log 未完成即退出，请查看服务器日志"


class RunState(StrEnum):
    """How far it has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Run:
    """One run of a program.

    Attributes:
        done: the share that is done.
        result: what it said in the end, once it is done.
        error: why it failed.
    """

    state: RunState = RunState.RUNNING
    done: float = 0.0
    result: Mapping[str, Any] | None = None
    error: str = ""

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take what the program says; one that was stopped hears nothing more."""
        if self.state is not RunState.RUNNING:
            return
        self.done = message.get("done", self.done)
        if "result" in message:
            self.state, self.done, self.result = RunState.DONE, 1.0, message["result"]
        if "error" in message:
            self.state, self.error = RunState.FAILED, message["error"]


Work: TypeAlias = Callable[[Run], Awaitable[None]]
"""Carries a run out, by asking the program."""


class Program:
    """One kind of program, of which one runs at most; the last runs stay known, each by what it is for."""

    def __init__(self, command: Sequence[str], line_bytes_max: int, kept_max: int) -> None:
        """Know how it is called, how long a line of it may be, and how many runs stay known."""
        self._command = command
        self._line_bytes_max = line_bytes_max
        self._kept_max = kept_max
        self._known: OrderedDict[Hashable, Run] = OrderedDict()
        self._waiting: asyncio.Queue[tuple[Hashable, Run, Work]] = asyncio.Queue(kept_max)
        self._process: asyncio.subprocess.Process | None = None

    def of(self, what: Hashable) -> Run | None:
        """Give the last run for something."""
        return self._known.get(what)

    def busy(self) -> bool:
        """Whether it runs, for whatever. One that was stopped may not have quite ended: the next waits for it."""
        return self._waiting.full() or any(one.state is RunState.RUNNING for one in self._known.values())

    def start(self, what: Hashable, work: Work) -> Run:
        """Begin a run for something; none may be running."""
        run = self._known[what] = Run()
        self._known.move_to_end(what)
        if len(self._known) > self._kept_max:
            self._known.popitem(last=False)
        self._waiting.put_nowait((what, run, work))
        return run

    def cancel(self, what: Hashable) -> None:
        """Stop a run, if it has not ended."""
        run = self._known.get(what)
        if run is not None and run.state is RunState.RUNNING:
            run.state = RunState.CANCELLED
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()

    async def run(self) -> None:
        """Carry out one run after the other, until cancelled."""
        while True:
            what, run, work = await self._waiting.get()
            try:
                await work(run)
            finally:
                # Whoever waits is told that it died, be it without a word: of too little memory, say.
                run.hear({"error": _DIED})
            if run.state is RunState.FAILED:
                _log.warning("program_failed", program=self._command[-1], what=what, error=run.error)

    async def ask(self, run: Run, asked: Mapping[str, str]) -> None:
        """Let the program do what is asked, and the run hear what it says; one that was stopped is not begun."""
        if run.state is RunState.RUNNING:
            async with aclosing(self._answers(run, asked)) as answers:
                async for message in answers:
                    run.hear(message)

    async def _answers(self, run: Run, asked: Mapping[str, str]) -> AsyncGenerator[Mapping[str, Any], None]:
        """Run it, and yield each line of JSON it says; whoever hears no further closes this, and it is killed."""
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=self._line_bytes_max,
            start_new_session=True,
        )
        try:
            if run.state is not RunState.RUNNING or process.stdin is None or process.stdout is None:
                return
            # What is asked may hold a password: it goes by the input, not by the arguments that everybody sees.
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            await process.stdin.drain()
            async for line in process.stdout:
                yield json.loads(line)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            self._process = None
