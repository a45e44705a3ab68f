"""A plant's folder read and merged: sound rows, every id as written, and the profiles and rulesets that are used."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from config.checked import Checked, Row
from config.faults import Fault, nearest
from config.model import Profile
from config.profile import make_profile
from config.repeat import check_plant, named_devices
from config.rules import Ruleset
from config.rulesets import make_ruleset
from config.source import Keys, Source, read
from config.written import Written, WrittenDevice, WrittenLine, WrittenWorkshop, WrittenZone
from config.written_batches import WrittenProduct, WrittenReadiness
from config.written_duty import (
    WrittenDuty,
    WrittenEscalation,
    WrittenPerson,
    WrittenRotation,
    WrittenWay,
)
from config.written_plant import WrittenHead
from config.written_protection import WrittenProtection
from config.written_rules import (
    WrittenDerived,
    WrittenEdge,
    WrittenGuidance,
    WrittenLimit,
    WrittenNetwork,
    WrittenSuppression,
)
from config.written_sampling import WrittenPosition, WrittenShift

T = TypeVar("T", bound=Written)

HEAD = tuple(WrittenHead.model_fields)
REFERRED_TO = ("workshops", "lines", "zones", "devices", "ways", "people", "rotations")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a plant's folder says, before its rows are compared with one another.

    Attributes:
        sheets: the plant's files held against their model, in the order of names.
        profile_sources: every profile file that a device names, in the order of names.
        profiles: the sound ones, by name.
        ruleset_sources: every ruleset file that the plant or a zone names, in the order of names.
        rulesets: the sound ones, by id.
        named: by section that others refer to, every id as written.
    """

    sheets: tuple[Checked, ...]
    workshops: tuple[Row[WrittenWorkshop], ...]
    lines: tuple[Row[WrittenLine], ...]
    zones: tuple[Row[WrittenZone], ...]
    devices: tuple[Row[WrittenDevice], ...]
    limits: tuple[Row[WrittenLimit], ...]
    derived: tuple[Row[WrittenDerived], ...]
    suppressions: tuple[Row[WrittenSuppression], ...]
    networks: tuple[Row[WrittenNetwork], ...]
    guidance: tuple[Row[WrittenGuidance], ...]
    protections: tuple[Row[WrittenProtection], ...]
    cascade: tuple[Row[WrittenEdge], ...]
    positions: tuple[Row[WrittenPosition], ...]
    shifts: tuple[Row[WrittenShift], ...]
    ways: tuple[Row[WrittenWay], ...]
    people: tuple[Row[WrittenPerson], ...]
    rotations: tuple[Row[WrittenRotation], ...]
    escalations: tuple[Row[WrittenEscalation], ...]
    duty: Row[WrittenDuty] | None
    products: tuple[Row[WrittenProduct], ...]
    readiness: tuple[Row[WrittenReadiness], ...]
    profile_sources: tuple[Source, ...]
    profiles: Mapping[str, Profile]
    ruleset_sources: tuple[Source, ...]
    rulesets: Mapping[str, Ruleset]
    named: Mapping[str, list[str]]

    def ids(self, section: str) -> list[str]:
        """Give every id of a section as written, also of rows that have faults: a reference to them is no fault."""
        return self.named[section]

    def is_whole(self, section: str) -> bool:
        """Say whether every row of a section is sound in itself."""
        return not any(keys[:1] == (section,) for sheet in self.sheets for keys in sheet.bad)

    def head(self) -> dict[str, object]:
        """Give what stands once in the plant, if it is sound."""
        return {
            key: sheet.data[key]
            for sheet in self.sheets
            for key in HEAD
            if sheet.data.get(key) is not None and not any(keys[:1] == (key,) for keys in sheet.bad)
        }

    def no_guidance(self) -> Iterator[Fault]:
        """Give a fault for a validated plant that says nothing of what to do with an alarm."""
        for sheet in self.sheets:
            if self.head().get("validated") is True and not self.guidance and sheet.data.get("validated"):
                yield sheet.source.fault(
                    "this plant is validated, but no alarm has guidance; write guidance: [{alarms: […], …}]",
                    "validated",
                )


def read_draft(plant_dir: Path, profiles_dir: Path, grades_dir: Path, faults: list[Fault]) -> Draft | None:
    """Read a plant's folder, and the profiles and rulesets it names.

    Args:
        plant_dir: the folder of `*.yaml` files.
        profiles_dir: where the profiles are.
        grades_dir: where the rulesets are.
        faults: what is wrong is added here.

    Returns:
        The draft; or None if a part of it cannot be read at all, for then every reference into that part would look
        like a fault.
    """
    files = _files(plant_dir, faults)
    sources = _read(files, faults)
    named = named_devices(sources)
    sheets = [check_plant(source, named, faults) for source in sources]
    devices, zones = _rows(sheets, "devices", WrittenDevice), _rows(sheets, "zones", WrittenZone)
    profile_sources = _read(_profile_files(devices, profiles_dir, faults), faults)
    profiles = [profile for source in profile_sources if (profile := make_profile(source, faults))]
    ruleset_sources = _read(_ruleset_files(sheets, zones, grades_dir, faults), faults)
    rulesets = [ruleset for source in ruleset_sources if (ruleset := make_ruleset(source, faults))]
    if not files or len(sources) < len(files) or any(map(_part_lost, sheets)):
        return None
    return Draft(
        sheets=tuple(sheets),
        workshops=_rows(sheets, "workshops", WrittenWorkshop),
        lines=_rows(sheets, "lines", WrittenLine),
        zones=zones,
        devices=devices,
        limits=_rows(sheets, "limits", WrittenLimit),
        derived=_rows(sheets, "derived", WrittenDerived),
        suppressions=_rows(sheets, "suppressions", WrittenSuppression),
        networks=_rows(sheets, "networks", WrittenNetwork),
        guidance=_rows(sheets, "guidance", WrittenGuidance),
        protections=_rows(sheets, "protections", WrittenProtection),
        cascade=_rows(sheets, "cascade", WrittenEdge),
        positions=_rows(sheets, "positions", WrittenPosition),
        shifts=_rows(sheets, "shifts", WrittenShift),
        ways=_rows(sheets, "ways", WrittenWay),
        people=_rows(sheets, "people", WrittenPerson),
        rotations=_rows(sheets, "rotations", WrittenRotation),
        escalations=_rows(sheets, "escalations", WrittenEscalation),
        duty=_duty(sheets),
        products=_rows(sheets, "products", WrittenProduct),
        readiness=_rows(sheets, "readiness", WrittenReadiness),
        profile_sources=tuple(profile_sources),
        profiles={profile.name: profile for profile in profiles},
        ruleset_sources=tuple(ruleset_sources),
        rulesets={ruleset.id: ruleset for ruleset in rulesets},
        named={part: [name for sheet in sheets for name in sheet.ids(part)] for part in REFERRED_TO},
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


def _duty(sheets: list[Checked]) -> Row[WrittenDuty] | None:
    """Give what stands once of the duty, if it is sound."""
    for sheet in sheets:
        written = sheet.data.get("duty")
        if written is not None and ("duty",) not in sheet.bad:
            return Row(WrittenDuty.model_validate(written), sheet.source, ("duty",))
    return None


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


def _ruleset_files(
    sheets: list[Checked], zones: Iterable[Row[WrittenZone]], grades_dir: Path, faults: list[Fault]
) -> list[Path]:
    known = {path.stem: path for path in sorted(grades_dir.glob("*.yaml"))}
    used: set[str] = set()
    for name, fault in named_rulesets(sheets, zones):
        if name in known:
            used.add(name)
        else:
            faults.append(fault(f"ruleset {name!r} is not in {grades_dir}; {nearest(name, known)}"))
    return [known[name] for name in sorted(used)]


def named_rulesets(
    sheets: Iterable[Checked], zones: Iterable[Row[WrittenZone]]
) -> Iterator[tuple[str, Callable[[str], Fault]]]:
    """Give every ruleset that is named, with what makes a fault at its place."""
    for sheet in sheets:
        named = sheet.data.get("rulesets")
        sound = not any(keys[:1] == ("rulesets",) for keys in sheet.bad)
        for place, name in enumerate(named if sound and isinstance(named, list) else ()):
            yield name, partial(_fault_at, sheet.source, ("rulesets", place))
    for zone in zones:
        for place, name in enumerate(zone.written.rulesets or ()):
            yield name, partial(_fault_at, zone.source, (*zone.keys, "rulesets", place))


def _fault_at(source: Source, keys: Keys, message: str) -> Fault:
    return source.fault(message, *keys)
