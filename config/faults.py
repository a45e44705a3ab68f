"""What is wrong with what was written: a Fault names the place and what to write instead."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with a plant or a profile as written.

    Attributes:
        file: the file (or the folder, if that itself is at fault), as a path that an editor can open.
        line: counted from 1.
        message: what is wrong; what to write instead.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class MendableError(Exception):
    """What a person can put right: said in one line. Anything else is a fault of ours, and shows its traceback."""


class PlantFaults(MendableError):  # noqa: N818 - the plant is at fault, not the program
    """A plant that cannot be loaded, with every fault there is, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


LISTED_MAX = 12


def nearest(name: object, known: Iterable[str]) -> str:
    """Say what may have been meant: the nearest known name, or the list (its beginning, if long) if none is near."""
    names = sorted(set(known))
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not names:
        return "there is none to choose from"
    return f"write one of {', '.join(names[:LISTED_MAX])}{', …' if len(names) > LISTED_MAX else ''}"
