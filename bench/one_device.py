"""Serve one device of a plant at an address, as a process that may be killed.

python -m bench.one_device PLANT DEVICE ADDRESS
"""

import asyncio
import logging
import sys
from dataclasses import replace
from pathlib import Path

from config.load import load
from simulators.clock import utc_now
from simulators.serve import STEP_S
from simulators.site import Site


async def serve(plant_dir: Path, device: str, address: str) -> None:
    plant = load(plant_dir)
    served = replace(plant.devices[device], address=address, security=None)
    site = Site(replace(plant, devices={device: served}), utc_now)
    await site.open()
    while True:
        await site.advance()
        await asyncio.sleep(STEP_S)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
