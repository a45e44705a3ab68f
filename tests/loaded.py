"""The plants that tests stand on, each loaded once in a process: nothing of a plant ever changes."""

from functools import cache
from pathlib import Path

from config.load import load
from config.plant import Plant


@cache
def loaded(folder: Path) -> Plant:
    """Give the plant of a folder that no test writes into."""
    return load(folder)
