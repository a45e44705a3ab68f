"""Scripted faults against the whole service: what comes in time passes, what does not is exit status 1."""

import asyncio
import os

from tests.scenarios.test_first_light import calm
from tests.service import BIN, PASSWORD, Service

ISOLATOR = "ISO-STM-L1"
PRESSURE = f"{ISOLATOR}/chamber_pressure/action"


async def scenario(one: Service, *words: str) -> tuple[int | None, list[str], str]:
    """Run `gradewatch-sim scenario run ...`; return its exit status, its lines and what it complains about."""
    process = await asyncio.create_subprocess_exec(
        str(BIN / "gradewatch-sim"),
        *("scenario", "run", *words, "--service", one.address, "--control", one.control),
        env={**os.environ, "GRADEWATCH_ADMIN_PASSWORD": PASSWORD},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode().splitlines(), err.decode()


async def test_a_torn_glove_is_seen_in_time_and_what_cannot_be_checked_yet_is_listed(
    running: Service,
) -> None:
    async with running.signed_in() as client:
        await calm(running, client)
        code, lines, _ = await scenario(running, "glove-breach")
        verdicts = [line.split()[0] for line in lines if not line.startswith(" ")]
        assert (code, verdicts) == (0, ["PASS"] * 4 + ["PENDING"] * 7)
        await calm(running, client)
