"""Profile YAML -> Profile: repeated entries written out, every fault with its line."""

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.checked import Checked, Row, check
from config.faults import Fault, PlantFaults, nearest
from config.model import ChannelModel, Kind, Node, Output, Profile, Protocol, Register, SelfTest, Text
from config.source import Keys, Source, read
from config.written import (
    WrittenChannel,
    WrittenOutput,
    WrittenProfile,
    WrittenRegister,
    WrittenSelfTest,
    WrittenText,
)

REPEATS_MAX = 100
ENTRIES_MAX = 1000
FILLED_MAX_LETTERS = 1000
FLOAT32_MAX = 3.4028234663852886e38
COUNTERS = frozenset({Protocol.LIGHTHOUSE, Protocol.PMS, Protocol.MET_ONE, Protocol.NIOTRONIC})

_RANGE = re.compile(r"^(\d{1,4})\.\.(\d{1,4})$")
_NAME = re.compile(r"\{(\w+)\}")


def load_profile(path: Path) -> Profile:
    """Load one profile.

    Args:
        path: the YAML file; its name without `.yaml` is the profile's name.

    Raises:
        PlantFaults: with every fault of the file.
    """
    faults: list[Fault] = []
    source = read(path, faults)
    profile = make_profile(source, faults) if source else None
    if profile is None:
        raise PlantFaults(faults)
    return profile


def make_profile(source: Source, faults: list[Fault]) -> Profile | None:
    """Make a profile of its file; what is wrong is added to `faults`, and then there is no profile."""
    before = len(faults)
    checked = _check(source, faults)
    faults.extend(_wrong(checked, Path(source.file).stem))
    return None if len(faults) > before else _build(WrittenProfile.model_validate(checked.data))


# --- Repeated entries ------------------------------------------------------------------------------


def _check(source: Source, faults: list[Fault]) -> Checked:
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


# --- What rows must agree on -------------------------------------------------------------------------


def _wrong(checked: Checked, stem: str) -> Iterator[Fault]:
    protocol = checked.data.get("protocol")
    channels = list(checked.rows("channels", WrittenChannel))
    outputs = list(checked.rows("outputs", WrittenOutput))
    if ("profile",) not in checked.bad and (name := checked.data.get("profile")) and name != stem:
        yield checked.source.fault(
            f"profile {name!r} stands in {stem}.yaml; write profile: {stem}", "profile"
        )
    if ("protocol",) not in checked.bad and protocol:
        yield from _wrong_namespace(checked, protocol == Protocol.OPCUA)
        for channel in channels:
            yield from _wrong_address(channel, protocol == Protocol.OPCUA)
            if channel.written.record and protocol not in COUNTERS:
                yield channel.fault("record is for particle counters; leave it out", "record")
        yield from _wrong_self_tests(checked, protocol == Protocol.OPCUA, channels)
        if protocol == Protocol.MODBUS and checked.data.get("clock_tolerance_s") is not None:
            yield checked.source.fault(
                "clock_tolerance_s is for devices that tell their time, which plain modbus does not; leave it out",
                "clock_tolerance_s",
            )
    yield from _wrong_heartbeat(checked, channels)
    yield from _twice(channels, outputs)
    for channel in channels:
        yield from _wrong_setting(channel)
        if channel.written.states and channel.written.kind is not Kind.STATE:
            yield channel.fault(
                "states belong to kind state; write kind: state, or leave states out", "states"
            )
    known = [channel.written.key for channel in channels]
    for output in outputs:
        yield from _wrong_output(output, known, protocol == Protocol.OPCUA)


def _wrong_heartbeat(checked: Checked, channels: list[Row[WrittenChannel]]) -> Iterator[Fault]:
    key = checked.data.get("heartbeat")
    if ("heartbeat",) in checked.bad or key is None or ("channels",) in checked.bad:
        return
    counts = [
        row.written.key for row in channels if row.written.kind is Kind.COUNT and not row.written.record
    ]
    if key not in counts and not _bad_rows(checked, "channels"):
        yield checked.source.fault(
            f"heartbeat {key!r} is no channel of kind count here; {nearest(key, counts)}", "heartbeat"
        )


def _bad_rows(checked: Checked, section: str) -> bool:
    return any(keys[:1] == (section,) for keys in checked.bad)


def _wrong_setting(channel: Row[WrittenChannel]) -> Iterator[Fault]:
    written = channel.written
    if written.setting and (written.record or written.kind in {Kind.BITS, Kind.TIME}):
        what = "a record" if written.record else f"kind {written.kind}"
        yield channel.fault(f"{what} reads no setting back; leave setting out", "setting")


def _wrong_self_tests(checked: Checked, opcua: bool, channels: list[Row[WrittenChannel]]) -> Iterator[Fault]:
    units = {row.written.register_.unit_id for row in channels if row.written.register_}
    taken: dict[tuple[int, str, int], int] = {}
    for row in checked.rows("self_tests", WrittenSelfTest):
        register, line = row.written.register_, row.fault("").line
        if opcua:
            yield row.fault("self tests are for Modbus; leave them out of an opcua profile")
        elif register.table not in {"holding", "input"}:
            yield row.fault(
                f"table {register.table} gives no self test; write holding or input", "register", "table"
            )
        elif register.unit_id not in units and not _bad_rows(checked, "channels"):
            yield row.fault(
                f"no channel is read from unit {register.unit_id}; {nearest(register.unit_id, map(str, units))}",
                "register",
                "unit_id",
            )
        elif not _readable(register, row.written.equals):
            yield row.fault(
                f"equals {row.written.equals:g} is nothing that {register.type} can read; write what the manual prints",
                "equals",
            )
        place = (register.unit_id, register.table, register.address)
        if place in taken:
            yield row.fault(
                f"tests what line {taken[place]} tests already; leave one of them out", "register"
            )
        taken.setdefault(place, line)


def _readable(register: WrittenRegister, value: float) -> bool:
    """Say whether a register of this type can read a value at all: a test that cannot pass would blind its unit."""
    raw = value / register.scale
    if register.type == "float32":
        return abs(raw) <= FLOAT32_MAX
    bits, signed = int(register.type[1:]), register.type.startswith("s")
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return math.isclose(raw, round(raw), rel_tol=1e-9) and low <= round(raw) <= high


def _wrong_namespace(checked: Checked, opcua: bool) -> Iterator[Fault]:
    given = checked.data.get("namespace_uri")
    if opcua and not given:
        yield checked.source.fault(
            "missing key 'namespace_uri'; write the URI of the nodes' namespace", "protocol"
        )
    if given and not opcua:
        yield checked.source.fault("namespace_uri is for opcua; leave it out", "namespace_uri")


def _wrong_address(channel: Row[WrittenChannel], opcua: bool) -> Iterator[Fault]:
    one = {"node": channel.written.node, "type": channel.written.type, "verified": channel.written.verified}
    other = {"register": channel.written.register_}
    needed, needless = (one, other) if opcua else (other, one)
    for key, value in needed.items():
        if value is None:
            description = WrittenChannel.model_fields["register_" if key == "register" else key].description
            yield channel.fault(f"{channel.written.key} has no {key!r}; write {key}: {description}")
    for key, value in needless.items():
        if value is not None:
            protocol = "OPC UA" if opcua else "Modbus"
            yield channel.fault(f"{key!r} does not belong to a channel on {protocol}; leave it out", key)


def _twice(channels: list[Row[WrittenChannel]], outputs: list[Row[WrittenOutput]]) -> Iterator[Fault]:
    for rows in (channels, outputs):
        lines: dict[str, int] = {}
        for row in rows:
            line = row.fault("", "key").line
            if row.written.key in lines:
                yield row.fault(
                    f"key {row.written.key!r} stands twice, first in line {lines[row.written.key]}; rename it",
                    "key",
                )
            lines.setdefault(row.written.key, line)
    taken: dict[object, str] = {}
    for channel in channels:
        for place in _places(channel.written):
            first = taken.setdefault(place, channel.written.key)
            if first != channel.written.key:
                yield channel.fault(
                    f"{channel.written.key} stands where {first} stands ({place}); correct one of the addresses"
                )


def _places(channel: WrittenChannel) -> list[str]:
    register = channel.register_
    if register is None:
        return [f"node {channel.node}"] if channel.node else []
    words = 2 if register.type in {"u32", "s32", "float32"} else 1
    where = f"unit {register.unit_id}, {register.table}"
    return [f"{where} {register.address + word}" for word in range(words)]


def _wrong_output(output: Row[WrittenOutput], known: list[str], opcua: bool) -> Iterator[Fault]:
    written = output.written
    if opcua:
        yield output.fault("outputs are written over Modbus only so far; leave them out of an opcua profile")
    if written.register_.table not in {"holding", "coil"}:
        yield output.fault(
            f"table {written.register_.table} cannot be written; write holding or coil", "register", "table"
        )
    if written.channel not in known:
        yield output.fault(
            f"channel {written.channel!r} is not in this profile; {nearest(written.channel, known)}",
            "channel",
        )
    if set(written.words) != set(written.reads):
        yield output.fault(
            f"reads does not name the states of words; write {', '.join(written.words)} there too", "reads"
        )


# --- Building ------------------------------------------------------------------------------------------


def text_of(written: WrittenText) -> Text:
    """Make the noun of a written text."""
    return Text(written.en, written.zh)


def _build(written: WrittenProfile) -> Profile:
    return Profile(
        name=written.profile,
        protocol=written.protocol,
        label=text_of(written.label),
        source=written.source,
        channels=tuple(map(_channel, written.channels)),
        outputs={output.key: _output(output) for output in written.outputs},
        namespace_uri=written.namespace_uri or "",
        heartbeat=written.heartbeat or "",
        self_tests=tuple(SelfTest(_register(test.register_), test.equals) for test in written.self_tests),
        clock_tolerance_s=written.clock_tolerance_s,
    )


def _channel(written: WrittenChannel) -> ChannelModel:
    return ChannelModel(
        key=written.key,
        unit=written.unit,
        kind=written.kind,
        label=text_of(written.label),
        address=_address(written),
        record=written.record,
        room=written.room,
        setting=written.setting or "",
        states={value: text_of(state) for value, state in written.states.items()},
    )


def _address(written: WrittenChannel) -> Register | Node:
    if written.register_ is not None:
        return _register(written.register_)
    return Node(written.node or "", written.type or "", written.verified or "none")


def _register(written: WrittenRegister) -> Register:
    return Register(**written.model_dump())


def _output(written: WrittenOutput) -> Output:
    return Output(
        written.key, _register(written.register_), dict(written.words), written.channel, dict(written.reads)
    )
