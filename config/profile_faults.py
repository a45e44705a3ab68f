"""What the rows of a profile must agree on: each function gives the faults of one kind."""

import math
from collections.abc import Iterator

from config.checked import Checked, Row
from config.faults import Fault, nearest
from config.model import Kind, Protocol
from config.written_profile import (
    WrittenChannel,
    WrittenOutput,
    WrittenRegister,
    WrittenRequest,
    WrittenSelfTest,
)

FLOAT32_MAX = 3.4028234663852886e38
COUNTERS = frozenset({Protocol.LIGHTHOUSE, Protocol.PMS, Protocol.MET_ONE, Protocol.NIOTRONIC})


def profile_faults(checked: Checked, stem: str) -> Iterator[Fault]:
    """Give every fault that shows only when the rows of a profile are compared.

    Args:
        checked: the profile held against its model.
        stem: the name of its file without `.yaml`.
    """
    protocol = checked.data.get("protocol")
    channels = list(checked.rows("channels", WrittenChannel))
    outputs = list(checked.rows("outputs", WrittenOutput))
    requests = list(checked.rows("requests", WrittenRequest))
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
        clock = checked.data.get("clock_tolerance_s")
        if protocol == Protocol.MODBUS and clock is not None and ("clock_tolerance_s",) not in checked.bad:
            yield checked.source.fault(
                "clock_tolerance_s is for devices that tell their time, which plain modbus does not; leave it out",
                "clock_tolerance_s",
            )
    yield from _wrong_heartbeat(checked, channels)
    yield from _twice(channels, outputs, requests)
    yield from _wrong_requests(checked, requests, protocol)
    for channel in channels:
        yield from _wrong_setting(channel)
        if channel.written.states and channel.written.kind is not Kind.STATE:
            yield channel.fault(
                "states belong to kind state; write kind: state, or leave states out", "states"
            )
        yield from _wrong_bits(channel)
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
    if written.setting is None:
        return
    if written.record or written.kind in {Kind.BITS, Kind.TIME}:
        what = "a record" if written.record else f"kind {written.kind}"
        yield channel.fault(f"{what} reads no setting back; leave setting out", "setting")
    register = written.register_
    if written.type == "Float" or (register and (register.type == "float32" or register.scale != 1)):
        yield channel.fault(
            "a setting is compared to the last digit, which a float or a scaled number does not keep;"
            " leave setting out, and write a limit for the channel",
            "setting",
        )


def _wrong_bits(channel: Row[WrittenChannel]) -> Iterator[Fault]:
    written, register = channel.written, channel.written.register_
    width = 16 if register is not None and register.type.endswith("16") else 32
    for key, words in (("bits", written.bits), ("clear_bits", written.clear_bits)):
        if words and written.kind is not Kind.BITS:
            yield channel.fault(f"{key} belong to kind bits; write kind: bits, or leave {key} out", key)
        for bit in words:
            if bit >= width:
                yield channel.fault(f"there is no bit {bit} in {width}; write 0 to {width - 1}", key, bit)


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


def _wrong_requests(
    checked: Checked, requests: list[Row[WrittenRequest]], protocol: object
) -> Iterator[Fault]:
    handshake = checked.data.get("handshake")
    if requests and handshake is None:
        yield requests[0].fault("requests need nodes to go through; write handshake: {param: …, seq: …}")
    if (
        handshake is not None
        and protocol != Protocol.OPCUA
        and not checked.bad & {("protocol",), ("handshake",)}
    ):
        yield checked.source.fault("a handshake is for opcua; leave it out", "handshake")
    codes: dict[int, str] = {}
    for row in requests:
        first = codes.setdefault(row.written.code, row.written.key)
        if first != row.written.key:
            yield row.fault(f"code {row.written.code} is that of {first} already; give it another", "code")
    if isinstance(handshake, dict) and ("handshake",) not in checked.bad:
        yield from _one_node_twice(checked, handshake)


def _one_node_twice(checked: Checked, handshake: dict[str, dict[str, object]]) -> Iterator[Fault]:
    taken: dict[object, str] = {}
    for name, node in handshake.items():
        first = taken.setdefault(node["node"], name)
        if first != name:
            yield checked.source.fault(
                f"{name} stands where {first} stands ({node['node']}); correct one of them", "handshake", name
            )


def _twice(
    channels: list[Row[WrittenChannel]],
    outputs: list[Row[WrittenOutput]],
    requests: list[Row[WrittenRequest]],
) -> Iterator[Fault]:
    for rows in (channels, outputs, requests):
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
        told: set[str] = set()
        for place in _places(channel.written):
            first = taken.setdefault(place, channel.written.key)
            where = place.partition(" byte_")[0]
            if first != channel.written.key and where not in told:
                told.add(where)
                yield channel.fault(
                    f"{channel.written.key} stands where {first} stands ({where}); correct one of the addresses"
                )


def _places(channel: WrittenChannel) -> list[str]:
    register = channel.register_
    if register is None:
        return [f"node {channel.node}"] if channel.node else []
    words = 2 if register.type in {"u32", "s32", "float32"} else 1
    where = f"unit {register.unit_id}, {register.table}"
    halves = [register.type] if register.type.startswith("byte") else ["byte_high", "byte_low"]
    return [f"{where} {register.address + word} {half}" for word in range(words) for half in halves]


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
