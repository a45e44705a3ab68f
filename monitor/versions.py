"""Every plant that was ever in force, kept in the data folder, and the one that is.

    <data>/plant/<sha256>/plant/*.yaml      the plant's files as they were approved
    <data>/plant/<sha256>/profiles/*.yaml   those that it names, of that time: a later Gradewatch may bring other ones
    <data>/plant/<sha256>/grades/*.yaml
    <data>/plant/in-force                   one line of JSON: which of them is in force, since when, by whom

A folder of this kind is written beside, synced and renamed, so it is there whole or not at all.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from config.faults import MendableError
from config.load import GRADES_DIR, PROFILES_DIR, PlantFaults, load
from config.plant import Plant

FOLDERS = ("plant", "profiles", "grades")
FILES_MAX = 500
BYTES_MAX = 4_000_000
"""Of all files together; the demo plant has 150 kB, with the profiles and rulesets that it names 260 kB."""
NAME = re.compile(r"(?:plant|profiles|grades)/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,100}\.yaml")
SHA256 = re.compile(r"[0-9a-f]{64}")
FIRST = "first"
"""Nobody approved it: it was there when the collector was started for the first time."""
APPROVED = "approved"


class VersionsError(MendableError):
    """A kept plant cannot be read or written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class PlantChange:
    """A plant came into force.

    Attributes:
        at: when.
        plant: its sha256.
        before: that of the one before ("": there was none).
        what: FIRST or APPROVED.
        who: who proposed it.
        second: who approved it.
        proposal: its number; 0: there was none.
        signature: the id of the signature; "": there was none.
        reason: of the proposal.
    """

    at: datetime
    plant: str
    before: str
    what: str
    who: str = ""
    second: str = ""
    proposal: int = 0
    signature: str = ""
    reason: str = ""


def bundle(plant: Plant, plant_dir: Path) -> dict[str, str]:
    """Read the files of a plant, and the profiles and rulesets of this package that it names.

    Raises:
        VersionsError: one of them cannot be read, or they are too large.
    """
    used = [PROFILES_DIR / f"{device.profile.name}.yaml" for device in plant.devices.values()]
    used += [GRADES_DIR / f"{ruleset}.yaml" for ruleset in plant.rulesets]
    own = [path for path in plant_dir.glob("*.yaml") if not path.name.startswith(".")]
    try:
        files = {f"plant/{path.name}": path.read_bytes().decode() for path in own}
        files |= {f"{path.parent.name}/{path.name}": path.read_bytes().decode() for path in used}
    except (OSError, UnicodeDecodeError) as error:
        raise VersionsError(f"{plant_dir}: {error}; make its files readable, in UTF-8") from None
    return dict(sorted(checked(files).items()))


def completed(files: Mapping[str, str]) -> dict[str, str]:
    """Add what a plant's own files name of this package's profiles and rulesets, unless they bring their own.

    Raises:
        PlantFaults: there is a fault in them.
        VersionsError: a file is called what none may be called, or they are too large.
    """
    if any(not name.startswith("plant/") for name in files):
        return dict(files)
    with tempfile.TemporaryDirectory(prefix="gradewatch-plant-") as folder:
        write_files(Path(folder), files)
        return bundle(load(Path(folder) / "plant"), Path(folder) / "plant")


def checked(files: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse names that lead elsewhere, and what is too large.

    Raises:
        VersionsError: so it is.
    """
    for name in files:
        if not NAME.fullmatch(name):
            raise VersionsError(f"{name!r} is no file of a plant; give plant/<name>.yaml")
    if len(files) > FILES_MAX or sum(len(text.encode()) for text in files.values()) > BYTES_MAX:
        raise VersionsError(f"more than {FILES_MAX} files or {BYTES_MAX} bytes; make the plant smaller")
    return files


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write a plant's files into an empty folder, each synced.

    Raises:
        VersionsError: see `checked`.
        OSError: the disk does not take them.
    """
    for part in FOLDERS:
        (folder / part).mkdir()
    for name, text in checked(files).items():
        _write(folder / name, text)


def load_kept(folder: Path) -> Plant:
    """Load a plant with the profiles and rulesets kept beside it.

    Raises:
        PlantFaults: there is a fault in it.
    """
    return load(folder / "plant", folder / "profiles", folder / "grades")


class Versions:
    """The plants in one data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "plant"

    def in_force(self) -> PlantChange | None:
        """Say which is in force, and since when; None: none was ever.

        Raises:
            VersionsError: the file cannot be read.
        """
        path = self._folder / "in-force"
        try:
            body = json.loads(path.read_text())
            return PlantChange(**{**body, "at": datetime.fromisoformat(body["at"])})
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise VersionsError(f"{path}: {error}; restore it from a backup of the data folder") from None

    def plant_in_force(self) -> Plant | None:
        """Load the plant that is in force; None: none was ever.

        Raises:
            VersionsError: it cannot be read, or is not what was kept.
        """
        change = self.in_force()
        return None if change is None else self.load(change.plant)

    def load(self, sha256: str) -> Plant:
        """Load one version.

        Raises:
            VersionsError: it is not there, cannot be read, or is not what was kept.
        """
        folder = self.folder_of(sha256)
        try:
            plant = load_kept(folder)
        except PlantFaults as faults:
            raise VersionsError(f"{folder}: {faults}; restore it from a backup") from None
        if plant.sha256 != sha256:
            raise VersionsError(f"{folder}: somebody has changed it; restore it from a backup")
        return plant

    def folder_of(self, sha256: str) -> Path:
        """Return the folder of one version.

        Raises:
            VersionsError: it is not there.
        """
        folder = self._folder / sha256
        if not SHA256.fullmatch(sha256) or not folder.is_dir():
            raise VersionsError(f"{folder}: this plant is not kept here; restore it from a backup")
        return folder

    def keep(self, files: Mapping[str, str]) -> Plant:
        """Keep a plant; one that is kept already is not written again.

        Raises:
            PlantFaults: there is a fault in it.
            VersionsError: it cannot be written.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=self._folder) as new:
                made = Path(new) / "made"
                made.mkdir()
                write_files(made, files)
                plant = load_kept(made)
                self._take(made, self._folder / plant.sha256)
        except OSError as error:
            raise VersionsError(f"{self._folder}: {error}; make room, and the folder writable") from None
        return plant

    def put_in_force(self, change: PlantChange) -> None:
        """Name the version that is in force from now on; a start will take it.

        Raises:
            VersionsError: it cannot be written.
        """
        body = {**asdict(change), "at": change.at.isoformat()}
        path, new = self._folder / "in-force", self._folder / ".in-force.new"
        try:
            _write(new, json.dumps(body, ensure_ascii=False) + "\n")
            new.replace(path)
            _sync(self._folder)
        except OSError as error:
            raise VersionsError(f"{path}: {error}; make room, and the folder writable") from None

    def begin(self, plant: Plant, plant_dir: Path, at: datetime) -> Plant:
        """Return the plant to run: the one in force, or at the very first start the one given.

        Args:
            plant: as given.
            plant_dir: its files.
            at: now.

        Raises:
            VersionsError: what is kept cannot be read or written.
        """
        if (change := self.in_force()) is not None:
            return plant if plant.sha256 == change.plant else self.load(change.plant)
        kept = self.keep(bundle(plant, plant_dir))
        if kept.sha256 != plant.sha256:
            raise VersionsError(f"{plant_dir}: it was changed while it was read; start again")
        self.put_in_force(PlantChange(at, kept.sha256, "", FIRST))
        return kept

    def _take(self, made: Path, folder: Path) -> None:
        """Put a folder that was written in its place, whatever half of one may stand there."""
        if folder.exists():
            try:
                self.load(folder.name)
            except VersionsError:
                shutil.rmtree(folder)
            else:
                return
        for part in FOLDERS:
            _sync(made / part)
        _sync(made)
        made.rename(folder)
        _sync(self._folder)


def _write(path: Path, text: str) -> None:
    with path.open("wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
