"""Profile YAML -> Profile, or every fault there is, each with its line."""

from pathlib import Path

from config.faults import Fault, PlantFaults
from config.model import (
    ChannelModel,
    Handshake,
    Node,
    Output,
    Profile,
    Register,
    Request,
    SelfTest,
    Text,
)
from config.profile_faults import profile_faults
from config.repeat import check_profile
from config.source import Source, read
from config.written import WrittenText
from config.written_profile import (
    WrittenChannel,
    WrittenHandshake,
    WrittenOutput,
    WrittenProfile,
    WrittenRegister,
    WrittenRequest,
)


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
    if profile is None or faults:
        raise PlantFaults(faults)
    return profile


def make_profile(source: Source, faults: list[Fault]) -> Profile | None:
    """Make a profile of its file; what is wrong is added to `faults`, and then there is no profile."""
    before = len(faults)
    checked = check_profile(source, faults)
    faults.extend(profile_faults(checked, Path(source.file).stem))
    if len(faults) > before or not isinstance(checked.written, WrittenProfile):
        return None
    return _build(checked.written)


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
        requests={request.key: _request(request) for request in written.requests},
        handshake=_handshake(written.handshake),
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
        bits={bit: text_of(word) for bit, word in written.bits.items()},
        clear_bits={bit: text_of(word) for bit, word in written.clear_bits.items()},
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


def _request(written: WrittenRequest) -> Request:
    low, high = (written.param.low, written.param.high) if written.param else (0, 0)
    return Request(written.key, written.code, text_of(written.label), low, high)


def _handshake(written: WrittenHandshake | None) -> Handshake | None:
    if written is None:
        return None
    nodes = {name: getattr(written, name) for name in WrittenHandshake.model_fields}
    return Handshake(**{name: Node(node.node, node.type, node.verified) for name, node in nodes.items()})
