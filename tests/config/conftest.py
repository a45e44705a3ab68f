"""Copies of two small plants, of the profiles and of the rulesets, to be broken."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.load import GRADES_DIR, PROFILES_DIR, Fault, PlantFaults, load
from config.plant import Plant

LINE = Path(__file__).parents[1] / "plants" / "line"
RULED = Path(__file__).parent / "ruled"
"""A plant with every kind of row that is written of alarms, and a machine that takes requests."""


@dataclass(frozen=True)
class Copy:
    """A plant folder, a profiles folder and a rulesets folder that a test may change."""

    plant: Path
    profiles: Path
    grades: Path

    def change(self, name: str, old: str, new: str) -> int:
        """Replace a text that stands once; gives its line."""
        folders = (self.plant, self.profiles, self.grades)
        path = next(folder / name for folder in folders if (folder / name).exists())
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def append(self, name: str, text: str) -> int:
        """Add lines at the end; gives the line of the first."""
        path = self.plant / name
        before = path.read_text(encoding="utf-8")
        path.write_text(before + text, encoding="utf-8")
        return before.count("\n") + 1

    def load(self) -> Plant:
        """Load the plant, with its own profiles and rulesets."""
        return load(self.plant, self.profiles, self.grades)

    def faults(self) -> tuple[Fault, ...]:
        """Load, and give the faults (none for a sound plant)."""
        try:
            self.load()
        except PlantFaults as error:
            return error.faults
        return ()


def _copy(folder: Path, plant: Path) -> Copy:
    shutil.copytree(plant, folder / "plant")
    shutil.copytree(PROFILES_DIR, folder / "profiles")
    shutil.copytree(GRADES_DIR, folder / "grades")
    return Copy(folder / "plant", folder / "profiles", folder / "grades")


@pytest.fixture(scope="session")
def make_copy(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Copy]:
    """Give a maker of fresh copies of the one line."""
    return lambda: _copy(tmp_path_factory.mktemp("copy"), LINE)


@pytest.fixture(scope="session")
def make_ruled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Copy]:
    """Give a maker of fresh copies of the plant with rules."""

    def make() -> Copy:
        copy = _copy(tmp_path_factory.mktemp("ruled"), RULED / "plant")
        shutil.copytree(RULED / "profiles", copy.profiles, dirs_exist_ok=True)
        return copy

    return make


@pytest.fixture
def ruled(make_ruled: Callable[[], Copy]) -> Copy:
    """Give one fresh copy of the plant with rules."""
    return make_ruled()


@pytest.fixture
def copy(make_copy: Callable[[], Copy]) -> Copy:
    """Give one fresh copy."""
    return make_copy()
