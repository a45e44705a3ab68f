"""Servers of other makers, in processes of their own. A component that is missing is a failure, never a skip."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
INSTALLS = HERE.parents[1] / ".ci" / "interop"
START_TIMEOUT_S = 60.0


class Peer:
    """A server's process: it answers one line of JSON to each line of JSON.

    Attributes:
        port: where it listens.
    """

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port

    async def ask(self, **command: object) -> dict[str, Any]:
        """Carry one command out."""
        return await _exchange(self._process, command)


Start = Callable[..., AbstractAsyncContextManager[Peer]]


@pytest.fixture(scope="session")
def installed() -> tuple[str, str]:
    """The node that runs the servers, and the folder of their packages."""
    done = subprocess.run([str(INSTALLS)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"no servers to speak with: {done.stderr.strip()}")
    node, folder = done.stdout.strip().splitlines()[-2:]
    return node, folder


@pytest.fixture(scope="session")
def start(installed: tuple[str, str]) -> Start:
    """What runs a script until the end of a block: its name, the first line for it, and its words."""
    node, modules = installed

    @asynccontextmanager
    async def run(script: str, first: Mapping[str, object], *words: object) -> AsyncIterator[Peer]:
        process = await asyncio.create_subprocess_exec(
            node,
            str(HERE / f"{script}.mjs"),
            *(str(word) for word in words),
            env={**os.environ, "INTEROP_MODULES": modules},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                started = await _exchange(process, first)
            yield Peer(process, started["port"])
        finally:
            process.kill()
            await process.wait()

    return run


async def _exchange(process: asyncio.subprocess.Process, line: Mapping[str, object]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(line).encode() + b"\n")
    answer = await process.stdout.readline()
    assert answer, "the server has ended: its own words are on standard error"
    said: dict[str, Any] = json.loads(answer)
    return said
