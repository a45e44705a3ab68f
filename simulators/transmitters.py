"""Room transmitters as their gateway passes them on, each typed from its maker's manual and not from a profile."""

from collections.abc import Callable, Sequence

from config.model import Register
from simulators.machine import Machine
from simulators.registers import MapUnit, Place

PASCAL_PER_INCH_OF_WATER = 249.089
PASCAL_PER_MM_OF_WATER = 9.80665

SELF_TEST = {7936: 0xCFC7, 7937: 0xE666, 7938: 0xC2F6}
"""Vaisala's check of the reader's word order: the integer -12345 and the float -123.45, low word first (HMT330
manual: registers 7937 and 7938)."""


def transmitter(machine: Machine, places: Sequence[Place]) -> MapUnit:
    """Make the unit that measures these channels.

    Args:
        machine: measures them.
        places: the channels of one unit, and where the profile has them.
    """
    keys = [key for key, _ in places]
    for suffix, make in KINDS.items():
        named = [key.removesuffix(suffix) for key in keys if key.endswith(suffix)]
        if named:
            return make(machine, named[0])
    if keys[0].startswith("velocity"):
        return _ee650(machine, keys[0])
    return MapUnit(places, machine)


def _at(address: int, type_: str, scale: float = 1.0, word_order: str = "little") -> Register:
    return Register(0, "holding", address, type_, word_order, scale)


def _hmt330(machine: Machine, room: str) -> MapUnit:
    """Vaisala HMT330, manual page 204: floats 1 RH and 3 T, integers 257 and 258 x 100, status 513, tests 7937."""
    places = [
        (f"{room}_rh", _at(0, "float32")),
        (f"{room}_temp", _at(2, "float32")),
        (f"{room}_rh", _at(256, "s16", 0.01)),
        (f"{room}_temp", _at(257, "s16", 0.01)),
        (f"{room}_status", _at(512, "u16")),
    ]
    return MapUnit(places, machine, {"holding": SELF_TEST})


def _hpp272(machine: Machine, room: str) -> MapUnit:
    """Vaisala HPP272, manual pages 52 and 57: float 1 H2O2 ppm, status 513 (0: good), its value's own status 529."""
    places = [(f"{room}_h2o2", _at(0, "float32")), (f"{room}_h2o2_status", _at(528, "u16"))]
    return MapUnit(places, machine, {"holding": {512: 0} | SELF_TEST})


def _ms2(machine: Machine, room: str) -> MapUnit:
    """Dwyer MS2, manual pages 4-5: 2 Pa as an integer, floats 3 inWC, 5 Pa, 7 mmWC, 9 kPa, 20 sensor operational.

    The manual prints neither types nor word order: high word first is inferred.
    """
    key = f"{room}_dp"
    places = [
        (key, _at(1, "s16")),
        (key, _at(2, "float32", PASCAL_PER_INCH_OF_WATER, "big")),
        (key, _at(4, "float32", word_order="big")),
        (key, _at(6, "float32", PASCAL_PER_MM_OF_WATER, "big")),
        (key, _at(8, "float32", 1000.0, "big")),
    ]
    return MapUnit(places, machine, {"holding": {19: 1}})


def _ee650(machine: Machine, key: str) -> MapUnit:
    """E+E EE650 manual: float 0x0410 air velocity m/s, the same x 100 as a short at 0x0FB4."""
    return MapUnit([(key, _at(0x0410, "float32")), (key, _at(0x0FB4, "s16", 0.01))], machine)


KINDS: dict[str, Callable[[Machine, str], MapUnit]] = {"_rh": _hmt330, "_dp": _ms2, "_h2o2": _hpp272}
"""Ending of a channel key -> what measures it."""
