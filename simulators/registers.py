"""Modbus units without a wire: which addresses they have, what stands there, and what they let be written."""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from config.model import ChannelModel, Register
from simulators.errors import NoPhysics

_FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "float32": ">f", "bool": ">H"}


class Rejected(Exception):  # noqa: N818 - the device's answer, not a fault of ours
    """The unit does not take what was written: Modbus exception 3, illegal data value."""


class Unit(Protocol):
    """One Modbus unit of a device."""

    @property
    def addresses(self) -> Mapping[str, frozenset[int]]:
        """The protocol addresses that exist, by table (`holding`, `input`, `discrete`)."""

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return `count` words from `address` on; every one of them exists."""

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take words into holding registers that exist.

        Raises:
            Rejected: the unit does not take that.
        """


def encode(value: float, register: Register) -> list[int]:
    """Turn a value into the words that stand in its register, in the order of the map."""
    code = _FORMATS[register.type]
    raw = value / register.scale
    packed = struct.pack(code, raw if register.type == "float32" else round(raw))
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return words if register.word_order == "big" else words[::-1]


class MapUnit:
    """A unit whose registers are those of the profile; it lets nothing be written.

    Args:
        channels: those of the unit, each with a Register.
        values: gives what the device shows now, by channel key.
        constants: holding words that never change, by address.
    """

    def __init__(
        self,
        channels: Iterable[ChannelModel],
        values: Callable[[], Mapping[str, float]],
        constants: Mapping[int, int] | None = None,
    ) -> None:
        self._values = values
        self._constants = dict(constants or {})
        self._places = [(model.key, register_of(model)) for model in channels]
        tables = {register.table for _, register in self._places} | ({"holding"} if constants else set())
        self.addresses = {table: frozenset(self._words(table)) for table in tables}

    def _words(self, table: str) -> dict[int, int]:
        words = dict(self._constants) if table == "holding" else {}
        values = self._values()
        for key, register in self._places:
            if register.table == table:
                words |= enumerate(encode(values[key], register), register.address)
        return words

    def read(self, table: str, address: int, count: int) -> list[int]:
        """Return what stands there now."""
        words = self._words(table)
        return [words[place] for place in range(address, address + count)]

    def write(self, address: int, words: Sequence[int]) -> None:
        """Take nothing.

        Raises:
            Rejected: always; a transmitter is only read.
        """
        raise Rejected(f"{address}: {list(words)}")


def register_of(model: ChannelModel) -> Register:
    """Return the channel's register.

    Raises:
        NoPhysics: the channel stands on an OPC UA node.
    """
    if not isinstance(model.address, Register):
        raise NoPhysics(f"{model.key} has no Modbus register")
    return model.address
