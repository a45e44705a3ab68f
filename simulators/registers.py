"""Modbus units without a wire: which addresses they have, what stands there, and what they let be written."""

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from config.model import ChannelModel, Register
from simulators.errors import NoPhysics
from simulators.machine import Machine

_FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "float32": ">f", "bool": ">H"}

NO_VALUE = 0x8000
"""What an integer register reads while there is no value, in every word (Vaisala HMT330 manual)."""

Place = tuple[str, Register]
"""A channel key, and where its value stands."""


class Rejected(Exception):  # noqa: N818 - the device's answer, not a fault of ours
    """The unit does not take what was written: Modbus exception 3, illegal data value."""


class Unit(Protocol):
    """One Modbus unit of a device."""

    @property
    def addresses(self) -> Mapping[str, frozenset[int]]:
        """The protocol addresses that exist, by table (`coil`, `discrete`, `holding`, `input`, `diagnostic`)."""

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return `count` words, or bits as 0 and 1, from `address` on; every one of them exists."""

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take words into holding registers that exist.

        Raises:
            Rejected: the unit does not take that.
        """


@runtime_checkable
class Switched(Protocol):
    """A unit that lets coils be written, too."""

    def write_coil(self, address: int, on: bool) -> None:
        """Take one coil that exists.

        Raises:
            Rejected: the unit does not take that.
        """


def encode(value: float, register: Register) -> list[int]:
    """Turn a value into the words that stand in its register, in the order of the map."""
    code = _FORMATS[register.type]
    if math.isnan(value) and register.type != "float32":
        return [NO_VALUE] * (struct.calcsize(code) // 2)
    raw = value / register.scale
    packed = struct.pack(code, raw if register.type == "float32" else round(raw))
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return words if register.word_order == "big" else words[::-1]


class MapUnit:
    """A unit whose registers show what a machine measures; it lets nothing be written.

    Args:
        places: which value stands where; one value may stand in several registers.
        machine: measures them.
        constants: words that never change, by table and address.
    """

    def __init__(
        self,
        places: Iterable[Place],
        machine: Machine,
        constants: Mapping[str, Mapping[int, int]] | None = None,
    ) -> None:
        self._machine = machine
        self._places = tuple(places)
        self._constants = constants or {}
        self._revision = machine.revision
        self._tables = self._encoded()
        self.addresses = {table: frozenset(words) for table, words in self._tables.items()}

    def _encoded(self) -> dict[str, dict[int, int]]:
        tables = {table: dict(words) for table, words in self._constants.items()}
        values = self._machine.values()
        for key, register in self._places:
            words = tables.setdefault(register.table, {})
            words |= enumerate(encode(values[key], register), register.address)
        return tables

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return what stands there now; encoded anew only when the machine shows something else."""
        if self._revision != self._machine.revision:
            self._revision, self._tables = self._machine.revision, self._encoded()
        words = self._tables[table]
        return [words[place] for place in range(address, address + count)]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take nothing.

        Raises:
            Rejected: always; a transmitter is only read.
        """
        raise Rejected(f"{address}: {list(words)}")


def places_of(channels: Iterable[ChannelModel]) -> dict[int, list[Place]]:
    """Return where the channels of a profile stand, by unit identifier."""
    by_unit: dict[int, list[Place]] = {}
    for model in channels:
        register = register_of(model)
        by_unit.setdefault(register.unit_id, []).append((model.key, register))
    return by_unit


def register_of(model: ChannelModel) -> Register:
    """Return the channel's register.

    Raises:
        NoPhysics: the channel stands on an OPC UA node.
    """
    if not isinstance(model.address, Register):
        raise NoPhysics(f"{model.key} has no Modbus register")
    return model.address
