"""A collector that kills itself, with SIGKILL, at a message: before it is sent, or once it was taken.

python -m bench.doomed PLANT DATA before|after|never
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from config.load import load
from monitor.clock import SystemClock
from monitor.collector.collect import CollectSettings, collect
from monitor.notify.open import Ways
from monitor.notify.way import Answer, Letter

KEPT_WITHIN_S = 0.3
"""The first answer of a run is on the disk by then, so that each run gets further than the one before it."""


def doom(moment: str) -> None:
    """Have this process killed at a moment of a message, once it has got further."""
    send = Ways.send
    doomed_at_s: float | None = None

    async def doomed(ways: Ways, way: str, letter: Letter) -> Answer:
        nonlocal doomed_at_s
        loop = asyncio.get_running_loop()
        is_last = doomed_at_s is not None and loop.time() > doomed_at_s
        if is_last and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await send(ways, way, letter)
        if is_last:
            os.kill(os.getpid(), signal.SIGKILL)
        doomed_at_s = doomed_at_s or loop.time() + KEPT_WITHIN_S
        return answer

    Ways.send = doomed  # type: ignore[method-assign,assignment]  # its doom


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    # Whoever starts a bench in the background has it ignored, and so would we.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.argv[3] != "never":
        doom(sys.argv[3])
    asyncio.run(collect(CollectSettings(load(Path(sys.argv[1])), Path(sys.argv[2]), ""), SystemClock()))
