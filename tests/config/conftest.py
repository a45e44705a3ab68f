"""A copy of the demo plant and of the profiles, to be broken."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.load import PROFILES_DIR, Fault, PlantFaults, load

LINE = Path(__file__).parents[1] / "plants" / "line"


@dataclass(frozen=True)
class Copy:
    """A plant folder and a profiles folder that a test may change."""

    plant: Path
    profiles: Path

    def change(self, name: str, old: str, new: str) -> int:
        """Replace a text that stands once; gives its line."""
        path = (self.plant if (self.plant / name).exists() else self.profiles) / name
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

    def faults(self) -> tuple[Fault, ...]:
        """Load, and give the faults (none for a sound plant)."""
        try:
            load(self.plant, self.profiles)
        except PlantFaults as error:
            return error.faults
        return ()


@pytest.fixture(scope="session")
def make_copy(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Copy]:
    """Give a maker of fresh copies."""

    def make() -> Copy:
        folder = tmp_path_factory.mktemp("copy")
        shutil.copytree(LINE, folder / "plant")
        shutil.copytree(PROFILES_DIR, folder / "profiles")
        return Copy(folder / "plant", folder / "profiles")

    return make


@pytest.fixture
def copy(make_copy: Callable[[], Copy]) -> Copy:
    """Give one fresh copy."""
    return make_copy()
