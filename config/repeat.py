"""Entries of a profile that stand for many: `each` written out, and every place still known by its line."""

import re
from collections.abc import Mapping

from config.checked import Checked, check
from config.faults import Fault, nearest
from config.source import Keys, Source
from config.written_profile import WrittenProfile

REPEATS_MAX = 100
ENTRIES_MAX = 1000
FILLED_MAX_LETTERS = 1000

_RANGE = re.compile(r"^(\d{1,4})\.\.(\d{1,4})$")
_NAME = re.compile(r"\{(\w+)\}")


def check_profile(source: Source, faults: list[Fault]) -> Checked:
    """Hold a profile's file against its model, its repeated entries written out; what is wrong is added to `faults`."""
    if not isinstance(source.data, dict):
        return check(WrittenProfile, source, source.data, faults)
    data: dict[str | int, object] = dict(source.data)
    origins: dict[Keys, Keys] = {}
    for section in ("channels", "outputs", "self_tests"):
        if isinstance(data.get(section), list):
            data[section] = _written_out(source, section, origins, faults)

    def origin(keys: Keys) -> Keys:
        return (*origins.get(keys[:2], keys[:2]), *keys[2:])

    return check(WrittenProfile, source, data, faults, origin)


def _written_out(
    source: Source, section: str, origins: dict[Keys, Keys], faults: list[Fault]
) -> list[object]:
    """Write out the entries that have `each`, and note where every one came from."""
    entries: list[object] = []
    for place, raw in enumerate(source.data[section]):  # type: ignore[index]  # the caller has looked
        try:
            repeated = _repeat(raw)
        except ValueError as error:
            faults.append(source.fault(f"each: {error}", section, place, "each"))
            continue
        # One entry too many is kept, so that the model says that there are too many.
        for entry in repeated[: ENTRIES_MAX + 1 - len(entries)]:
            origins[section, len(entries)] = (section, place)
            entries.append(entry)
    return entries


def _repeat(raw: object) -> list[object]:
    """Write one entry out; raises ValueError if its `each` cannot be understood."""
    if not isinstance(raw, dict) or "each" not in raw:
        return [raw]
    entry = {key: value for key, value in raw.items() if key != "each"}
    return [_filled(entry, names) for names in _repeats(raw["each"])]


def _repeats(each: object) -> list[dict[str, object]]:
    remedy = "write {n: 1..8}, or a list of mappings such as [{room: core, unit: 3}]"
    repeats: list[dict[str, object]] = []
    if isinstance(each, dict) and len(each) == 1:
        name, text = next(iter(each.items()))
        bounds = _RANGE.match(str(text))
        repeats = [{str(name): n} for n in range(int(bounds[1]), int(bounds[2]) + 1)] if bounds else []
    elif isinstance(each, list) and all(isinstance(row, dict) for row in each):
        repeats = [{str(name): value for name, value in row.items()} for row in each]
    if not 1 <= len(repeats) <= REPEATS_MAX:
        raise ValueError(f"gives no repeats, or more than {REPEATS_MAX}; {remedy}")
    return repeats


def _filled(value: object, names: Mapping[str, object]) -> object:
    """Put the names of one repeat in; a text that is one name alone becomes its value, a number stays a number."""
    if isinstance(value, dict):
        return {_filled(key, names): _filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    if len(value) > FILLED_MAX_LETTERS:
        raise ValueError(f"repeats a text of more than {FILLED_MAX_LETTERS} letters; write it shorter")
    for name in _NAME.findall(value):
        if name not in names:
            raise ValueError(f"does not name {name!r}, which {value!r} asks for; {nearest(name, names)}")
        if len(str(names[name])) > FILLED_MAX_LETTERS:
            raise ValueError(f"gives {name!r} more than {FILLED_MAX_LETTERS} letters; write it shorter")
    alone = _NAME.fullmatch(value)
    return names[alone[1]] if alone else _NAME.sub(lambda found: str(names[found[1]]), value)
