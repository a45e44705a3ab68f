"""Starts processes and starts them again: what `gradewatch run` is made of.

A child that ends is started again after a pause that grows while it keeps failing at once. The collector never waits
for the server, nor the server for the collector.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0
"""A child that ran so long is not failing at once: its next pause is the first one again."""
STOP_WITHIN_S = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running; `log` is the file its output goes to (None: ours)."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    log: Path | None = None


async def supervise(children: Sequence[Child]) -> None:
    """Keep the children running until cancelled; then stop them, the last one first."""
    tasks = [asyncio.create_task(_keep(child), name=f"keep {child.name}") for child in children]
    try:
        # Not gather: cancelled, that would cancel all of them at once.
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in reversed(tasks):
            task.cancel()
            await asyncio.wait({task})


async def _keep(child: Child) -> None:
    pause_s = 0.0
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            code: int | str = await _run_once(child)
        except OSError as error:  # no memory for another process, say: the other children go on
            code = str(error)
        steady = loop.time() - began > STEADY_AFTER_S
        pause_s = FIRST_PAUSE_S if steady else min(max(FIRST_PAUSE_S, 2 * pause_s), LONGEST_PAUSE_S)
        log.error("process ended, starting it again", name=child.name, code=code, pause_s=pause_s)
        await asyncio.sleep(pause_s)


async def _run_once(child: Child) -> int:
    with contextlib.ExitStack() as held:
        output = None if child.log is None else held.enter_context(child.log.open("ab"))
        # A session of its own: Ctrl-C reaches us alone, and we stop the children in order.
        process = await asyncio.create_subprocess_exec(
            *child.arguments,
            env={**os.environ, **child.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        log.info("process started", name=child.name, pid=process.pid)
        try:
            return await process.wait()
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def until_signalled(work: "asyncio.Task[None]") -> None:
    """Let `work` run until it ends, or until SIGINT or SIGTERM asks us to stop it.

    A second signal changes nothing: it would cut the stopping short, and leave behind what was not stopped yet.
    """
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def stop() -> None:
        if not asked.is_set():
            asked.set()
            work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await work
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
