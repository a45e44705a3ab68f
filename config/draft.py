"""A plant's folder read and merged: sound rows, every id as written, and the profiles that are used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from config.checked import Checked, Row, check
from config.faults import Fault, nearest
from config.model import Profile
from config.profile import make_profile
from config.source import Source, read
from config.written import (
    Written,
    WrittenDevice,
    WrittenHead,
    WrittenLimit,
    WrittenLine,
    WrittenPlant,
    WrittenWorkshop,
    WrittenZone,
)

T = TypeVar("T", bound=Written)

HEAD = tuple(WrittenHead.model_fields)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a plant's folder says, before its rows are compared with one another.

    Attributes:
        sheets: the plant's files held against their model, in the order of names.
        profile_sources: every profile file that a device names, in the order of names.
        profiles: the sound ones, by name.
    """

    sheets: tuple[Checked, ...]
    workshops: tuple[Row[WrittenWorkshop], ...]
    lines: tuple[Row[WrittenLine], ...]
    zones: tuple[Row[WrittenZone], ...]
    devices: tuple[Row[WrittenDevice], ...]
    limits: tuple[Row[WrittenLimit], ...]
    profile_sources: tuple[Source, ...]
    profiles: Mapping[str, Profile]

    def ids(self, section: str) -> list[str]:
        """Give every id of a section as written, also of rows that have faults: a reference to them is no fault."""
        return [name for sheet in self.sheets for name in sheet.ids(section)]

    def head(self) -> dict[str, object]:
        """Give what stands once in the plant, if it is sound."""
        return {
            key: sheet.data[key]
            for sheet in self.sheets
            for key in HEAD
            if sheet.data.get(key) is not None and (key,) not in sheet.bad
        }


def read_draft(plant_dir: Path, profiles_dir: Path, faults: list[Fault]) -> Draft | None:
    """Read a plant's folder and the profiles it names.

    Args:
        plant_dir: the folder of `*.yaml` files.
        profiles_dir: where the profiles are.
        faults: what is wrong is added here.

    Returns:
        The draft; or None if a part of it cannot be read at all, for then every reference into that part would look
        like a fault.
    """
    files = _files(plant_dir, faults)
    sources = _read(files, faults)
    sheets = [check(WrittenPlant, source, source.data, faults) for source in sources]
    devices = _rows(sheets, "devices", WrittenDevice)
    profile_sources = _read(_profile_files(devices, profiles_dir, faults), faults)
    profiles = [profile for source in profile_sources if (profile := make_profile(source, faults))]
    if not files or len(sources) < len(files) or any(map(_part_lost, sheets)):
        return None
    return Draft(
        sheets=tuple(sheets),
        workshops=_rows(sheets, "workshops", WrittenWorkshop),
        lines=_rows(sheets, "lines", WrittenLine),
        zones=_rows(sheets, "zones", WrittenZone),
        devices=devices,
        limits=_rows(sheets, "limits", WrittenLimit),
        profile_sources=tuple(profile_sources),
        profiles={profile.name: profile for profile in profiles},
    )


def _files(plant_dir: Path, faults: list[Fault]) -> list[Path]:
    if not plant_dir.is_dir():
        faults.append(Fault(str(plant_dir), 1, "is no folder; give the folder of the plant's *.yaml files"))
        return []
    seen = [path for path in sorted(plant_dir.iterdir()) if not path.name.startswith(".")]
    faults.extend(
        Fault(str(path), 1, f"would not be read; rename it to {path.stem}.yaml")
        for path in seen
        if path.suffix.lower() in {".yml", ".yaml"} and path.suffix != ".yaml"
    )
    files = [path for path in seen if path.suffix == ".yaml"]
    if not files:
        faults.append(Fault(str(plant_dir), 1, "holds no *.yaml file; write plant.yaml there"))
    return files


def _read(files: list[Path], faults: list[Fault]) -> list[Source]:
    return [source for path in files if (source := read(path, faults))]


def _part_lost(sheet: Checked) -> bool:
    """Say whether a whole section is unreadable, or stands under a name that is not known."""
    return any(len(keys) < 2 and (not keys or keys[0] not in HEAD) for keys in sheet.bad)


def _rows(sheets: list[Checked], section: str, model: type[T]) -> tuple[Row[T], ...]:
    return tuple(row for sheet in sheets for row in sheet.rows(section, model))


def _profile_files(
    devices: Iterable[Row[WrittenDevice]], profiles_dir: Path, faults: list[Fault]
) -> list[Path]:
    known = {path.stem: path for path in sorted(profiles_dir.glob("*.yaml"))}
    used: set[str] = set()
    for device in devices:
        name = device.written.profile
        if name in known:
            used.add(name)
        else:
            faults.append(
                device.fault(f"profile {name!r} is not in {profiles_dir}; {nearest(name, known)}", "profile")
            )
    return [known[name] for name in sorted(used)]
