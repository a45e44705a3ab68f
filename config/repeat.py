"""Rows that stand for many: `each` and `device` written out, and every place still known by its line."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice
from typing import TypeAlias

from config.checked import Checked, check
from config.faults import Fault, nearest
from config.source import Keys, Source
from config.written import Written
from config.written_plant import REPEATED, ROWS_MAX, WrittenPlant
from config.written_profile import WrittenProfile

Names: TypeAlias = Mapping[str, object]

REPEATS_MAX = 100
ENTRIES_MAX = 1000
FILLED_MAX_LETTERS = 1000
KEEP_DEVICE = frozenset({"derived", "positions", "protections"})
"""Sections whose rows have a `device` of their own; elsewhere it only says for which devices the row is written out."""

NOWHERE = -1
"""The place of a row that could not be written out: its section has faults, though none of its rows."""

_RANGE = re.compile(r"^(\d{1,4})\.\.(\d{1,4})$")
_NAME = re.compile(r"\{(\w+)\}")


def check_profile(source: Source, faults: list[Fault]) -> Checked:
    """Hold a profile's file against its model, its repeated entries written out; what is wrong is added to `faults`."""
    sections = ("channels", "outputs", "self_tests", "requests")
    return _check(WrittenProfile, source, _Repeater(source, sections, ENTRIES_MAX, {}, faults))


def check_plant(source: Source, devices: Mapping[str, Names], faults: list[Fault]) -> Checked:
    """Hold a plant's file against its model, its repeated rows written out; what is wrong is added to `faults`.

    Args:
        source: the file.
        devices: of every device of the plant its `device` (the id), `line`, `workshop` and `zone`.
        faults: what is wrong is added here.
    """
    return _check(WrittenPlant, source, _Repeater(source, REPEATED, ROWS_MAX, devices, faults))


def named_devices(sources: Iterable[Source]) -> dict[str, dict[str, str]]:
    """Give for every device as written what its rows may name in braces; "" for what is not known of it."""
    rows = {section: list(_raw(sources, section)) for section in ("lines", "zones", "devices")}
    lines, zones = ({row["id"]: row for row in rows[section]} for section in ("lines", "zones"))
    named = {}
    for row in rows["devices"]:
        zone = zones.get(_word(row.get("zone")), {})
        line = _word(zone.get("line"))
        workshop = _word(zone.get("workshop")) or _word(lines.get(line, {}).get("workshop"))
        device, where = _word(row["id"]), _word(row.get("zone"))
        named[device] = {"device": device, "line": line, "workshop": workshop, "zone": where}
    return named


def _raw(sources: Iterable[Source], section: str) -> Iterator[dict[str, object]]:
    for source in sources:
        rows = source.data.get(section) if isinstance(source.data, dict) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict) and isinstance(row.get("id"), str):
                yield row


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _check(model: type[Written], source: Source, repeater: "_Repeater") -> Checked:
    if not isinstance(source.data, dict):
        return check(model, source, source.data, repeater.faults)
    data = repeater.written_out(source.data)
    checked = check(model, source, data, repeater.faults, repeater.origin)
    return replace(checked, bad=checked.bad | repeater.lost)


class _Repeater:
    """Writes out the rows of one file, and notes where every one came from."""

    def __init__(
        self,
        source: Source,
        sections: Sequence[str],
        rows_max: int,
        devices: Mapping[str, Names],
        faults: list[Fault],
    ) -> None:
        self.faults = faults
        self._source = source
        self._sections = sections
        self._rows_max = rows_max
        self._devices = devices
        self._origins: dict[Keys, Keys] = {}
        self._matched: dict[str, frozenset[str]] = {}
        self.lost: set[Keys] = set()

    def origin(self, keys: Keys) -> Keys:
        return (*self._origins.get(keys[:2], keys[:2]), *keys[2:])

    def written_out(self, data: Mapping[str | int, object]) -> dict[str | int, object]:
        out = dict(data)
        for section in self._sections:
            rows = data.get(section)
            if isinstance(rows, list):
                out[section] = self._section(section, rows)
        return out

    def _section(self, section: str, rows: list[object]) -> list[object]:
        entries: list[object] = []
        for place, raw in enumerate(rows):
            # One entry too many is kept, so that the model says that there are too many.
            for entry in self._row(section, place, raw)[: self._rows_max + 1 - len(entries)]:
                self._origins[section, len(entries)] = (section, place)
                entries.append(entry)
        return entries

    def _row(self, section: str, place: int, raw: object) -> list[object]:
        if not isinstance(raw, dict):
            return [raw]
        of_devices = bool(self._devices) and "device" in raw
        row = {key: value for key, value in raw.items() if key != "each"}
        try:
            repeats = _repeats(raw["each"]) if "each" in raw else None
        except ValueError as error:
            return self._lost(error, section, place, "each")
        try:
            if of_devices:
                return list(islice(self._for_devices(section, row, repeats or [{}]), self._rows_max + 1))
            return [raw] if repeats is None else list(map(_Form(row), repeats))
        except ValueError as error:
            return self._lost(error, section, place, "device" if of_devices else "each")

    def _lost(self, error: ValueError, section: str, place: int, key: str) -> list[object]:
        self.faults.append(self._source.fault(f"{key}: {error}", section, place, key))
        self.lost.add((section, NOWHERE))
        return []

    def _for_devices(
        self, section: str, row: dict[object, object], repeats: Iterable[Names]
    ) -> Iterator[object]:
        """Write a row out once for every device that its `device` matches; raises ValueError if there is none."""
        rest = {key: one for key, one in row.items() if key != "device"}
        form = _Form({**rest, "device": "{device}"} if section in KEEP_DEVICE else rest)
        for names in repeats:
            wanted = _filled(row["device"], names)
            matched = [
                self._matching(pattern) for pattern in (wanted if isinstance(wanted, list) else [wanted])
            ]
            for name, known in self._devices.items():
                if any(name in found for found in matched):
                    yield form({**names, **known})

    def _matching(self, pattern: object) -> frozenset[str]:
        found = self._matched.get(word := str(pattern))
        if found is None:
            found = self._matched[word] = frozenset(one for one in self._devices if fnmatchcase(one, word))
        if not found:
            raise ValueError(f"no device {pattern!r} in this plant; {nearest(pattern, self._devices)}")
        return found


class _Form:
    """A row to be filled in many times: what asks for no name is the same in all."""

    def __init__(self, row: Mapping[object, object]) -> None:
        self._asking = {key: one for key, one in row.items() if _asks(key) or _asks(one)}
        self._same = {key: one for key, one in row.items() if key not in self._asking}

    def __call__(self, names: Names) -> dict[object, object]:
        return {
            **self._same,
            **{_filled(key, names): _filled(one, names) for key, one in self._asking.items()},
        }


def _asks(value: object) -> bool:
    if isinstance(value, str):
        return "{" in value
    if isinstance(value, dict):
        return any(_asks(key) or _asks(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_asks, value))


def _repeats(each: object) -> list[dict[str, object]]:
    remedy = "write {n: 1..8} or {n: [A, B]}, or a list of mappings such as [{room: core, unit: 3}]"
    repeats: list[dict[str, object]] = []
    if isinstance(each, dict) and len(each) == 1:
        name, several = next(iter(each.items()))
        bounds = _RANGE.match(str(several))
        if isinstance(several, list):
            repeats = [{str(name): one} for one in several]
        elif bounds:
            repeats = [{str(name): n} for n in range(int(bounds[1]), int(bounds[2]) + 1)]
    elif isinstance(each, list) and all(isinstance(row, dict) for row in each):
        repeats = [{str(name): value for name, value in row.items()} for row in each]
    if any(isinstance(one, (dict, list)) for names in repeats for one in names.values()):
        raise ValueError(f"gives a list or a mapping where a word or a number belongs; {remedy}")
    if not 1 <= len(repeats) <= REPEATS_MAX:
        raise ValueError(f"gives no repeats, or more than {REPEATS_MAX}; {remedy}")
    return repeats


def _filled(value: object, names: Names) -> object:
    """Put the names of one repeat in."""
    if isinstance(value, str):
        return _named(value, names) if "{" in value else value
    if isinstance(value, dict):
        return {_filled(key, names): _filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, names) for inner in value]
    return value


def _named(text: str, names: Names) -> object:
    """Put names into a text; one that is a name alone becomes its value, and a number stays a number."""
    asked = _NAME.findall(text)
    if asked and len(text) > FILLED_MAX_LETTERS:
        raise ValueError(f"repeats a text of more than {FILLED_MAX_LETTERS} letters; write it shorter")
    for name in asked:
        if name not in names:
            raise ValueError(f"does not name {name!r}, which {text!r} asks for; {nearest(name, names)}")
        if len(str(names[name])) > FILLED_MAX_LETTERS:
            raise ValueError(f"gives {name!r} more than {FILLED_MAX_LETTERS} letters; write it shorter")
    alone = _NAME.fullmatch(text)
    return names[alone[1]] if alone else _NAME.sub(lambda found: str(names[found[1]]), text)
