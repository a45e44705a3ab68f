"""What one unit or one register of a device does not give takes nothing from the others."""

import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from config.model import Device, Quality, Register, Sample, SelfTest
from drivers.driver import Nonsense, Refused
from drivers.modbus import ModbusDriver
from drivers.wire import UnitSilent
from tests.drivers.nouns import AT, holding, now, qualities, registers
from tests.drivers.wires import Answer, frame, modbus_server, talker

G, C, U, S = Quality.GOOD, Quality.CONFIGURATION, Quality.UNREACHABLE, Quality.STALE


class Unit:
    """A unit behind pymodbus's own server.

    Attributes:
        words: from address 0 on.
        says: the exception it answers with instead; None when it is well.
        asked: the addresses of the requests.
    """

    def __init__(self, unit_id: int, words: Sequence[int]) -> None:
        self.words = list(words)
        self.says: ExcCodes | None = None
        self.asked: list[int] = []
        memory = [SimData(0, values=list(words), datatype=DataType.REGISTERS)]
        self.served = SimDevice(unit_id, simdata=memory, action=self._action)

    async def _action(
        self, _f: int, start: int, address: int, count: int, memory: list[int], _: object
    ) -> ExcCodes | None:
        self.asked.append(address)
        memory[:] = self.words
        return self.says


async def reads(device: Device, *between: Callable[[], object]) -> list[Sample]:
    """Read once, and once more after each of these."""
    driver = ModbusDriver(device, now)
    await driver.connect()
    samples = await driver.read(AT)
    for number, change in enumerate(between, 1):
        change()
        samples += await driver.read(AT + timedelta(seconds=number))
    await driver.close()
    return samples


# --- Refusals -----------------------------------------------------------------------------------


async def test_one_wrong_register_does_not_blind_a_gateway() -> None:
    asked = {"a": holding(0), "wrong": holding(700), "b": holding(1, unit_id=2)}
    async with modbus_server(Unit(1, [10]).served, Unit(2, [0, 20]).served) as address:
        (sample,) = await reads(registers(asked, address))
    assert qualities(sample) == (G, C, G)
    assert (sample.values[0], sample.values[2]) == (10, 20)
    assert math.isnan(sample.values[1])
    assert "read unit 1 holding 700..700: exception 2 (illegal data address)" in sample.reason


async def test_a_device_that_refuses_everything_is_refused() -> None:
    async with modbus_server(Unit(1, [10]).served) as address:
        with pytest.raises(Refused, match="exception 2"):
            await reads(registers({"a": holding(600), "b": holding(700)}, address))


async def test_one_unit_silent_and_one_refusing_are_each_told_as_what_they_are() -> None:
    away = Unit(1, [10])
    away.says = ExcCodes.GATEWAY_NO_RESPONSE
    async with modbus_server(away.served, Unit(2, [0]).served) as address:
        (sample,) = await reads(registers({"a": holding(0), "b": holding(700, unit_id=2)}, address))
    assert qualities(sample) == (U, C)


async def test_a_busy_unit_is_unreachable_for_this_poll_alone() -> None:
    unit, asked = Unit(1, [10, 0, 30]), {"a": holding(0), "far": holding(2), "other": holding(0, unit_id=2)}

    def busy() -> None:
        unit.says = ExcCodes.DEVICE_BUSY

    def free() -> None:
        unit.says = None

    async with modbus_server(unit.served, Unit(2, [20]).served) as address:
        samples = await reads(registers(asked, address), busy, free)
    assert [qualities(sample) for sample in samples] == [(G, G, G), (U, U, G), (G, G, G)]
    assert "exception 6 (server device busy)" in samples[1].reason
    assert unit.asked == [0, 2, 0, 0, 2], "busy once is busy for the poll"


@pytest.mark.parametrize("code", [5, 6, 10, 11])
async def test_an_exception_that_passes_is_no_refusal(code: int) -> None:
    async with talker(lambda question: frame(question, bytes([0x83, code]))) as server:
        with pytest.raises(UnitSilent, match=f"exception {code} "):
            await reads(registers({"a": holding(0)}, f"127.0.0.1:{server.port}"))


# --- The live check -----------------------------------------------------------------------------

TOWER: Mapping[str, Register] = {"light": holding(0), "alive": holding(0, table="diagnostic")}


def tower(says: bytes) -> Callable[[bytes], Answer]:
    """A tower that answers FC08 with this PDU."""
    return lambda question: frame(question, says if question[7] == 8 else b"\x03\x02\x00\x07")


@pytest.mark.parametrize("alive", [0, 1])
async def test_the_live_check_is_the_word_that_comes_back(alive: int) -> None:
    async with talker(tower(struct.pack(">BHH", 8, 0, alive))) as server:
        (sample,) = await reads(registers(TOWER, f"127.0.0.1:{server.port}"))
    assert list(sample.values) == [7, alive]
    assert sample.quality is None


async def test_a_device_without_the_live_check_loses_that_channel_only() -> None:
    async with talker(tower(b"\x88\x01")) as server:
        (sample,) = await reads(registers(TOWER, f"127.0.0.1:{server.port}"))
    assert qualities(sample) == (G, C)
    assert "read unit 1 diagnostic 0..0: exception 1 (illegal function)" in sample.reason


async def test_the_answer_to_another_check_is_nonsense() -> None:
    async with talker(tower(struct.pack(">BHH", 8, 1, 1))) as server:
        with pytest.raises(Nonsense, match="sub-function"):
            await reads(registers(TOWER, f"127.0.0.1:{server.port}"))


async def test_an_independent_server_knows_the_live_check() -> None:
    async with modbus_server(Unit(1, [7]).served) as address:
        (sample,) = await reads(registers(TOWER, address))
    assert sample.values == (7, 0), "this one gives back what was sent"


# --- Self tests ---------------------------------------------------------------------------------

MINUS_12345, MINUS_123_45 = 0xCFC7, (0xE666, 0xC2F6)
"""What a Vaisala HMT330 holds at 7937 (an integer), and at 7938 (a float, low word first)."""
SOUND = [25, MINUS_12345, *MINUS_123_45]
TURNED = [25, MINUS_12345, *MINUS_123_45[::-1]]


def transmitters(address: str, unit_ids: Sequence[int] = (1, 2)) -> Device:
    """Transmitters with a temperature at 0 and the known numbers behind it."""
    plain = registers({f"t{unit_id}": holding(0, unit_id=unit_id) for unit_id in unit_ids}, address)
    tests = [
        test
        for unit_id in unit_ids
        for test in (
            SelfTest(holding(1, "s16", unit_id), -12345),
            SelfTest(holding(2, "float32", unit_id, word_order="little"), -123.45),
        )
    ]
    return replace(plain, profile=replace(plain.profile, self_tests=tuple(tests)))


async def test_a_unit_proves_itself_once_before_its_first_value() -> None:
    unit = Unit(1, SOUND)
    async with modbus_server(unit.served) as address:
        first, second = await reads(transmitters(address, [1]), lambda: None)
    assert [list(first.values), list(second.values)] == [[25], [25]]
    assert unit.asked == [1, 0, 0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (TURNED, r"self test of unit 2: holding 2 reads -2.72.*e\+23 and must read -123.45"),
        ([25, 12345, *MINUS_123_45], "self test of unit 2: holding 1 reads 12345 and must read -12345"),
        ([25, MINUS_12345, 0, 0x7FC0], "self test of unit 2: holding 2 reads nan"),
        ([25], "self test: .*unit 2 holding 1..3: exception 2"),
    ],
)
async def test_a_unit_that_fails_its_self_test_is_not_believed(words: list[int], told: str) -> None:
    async with modbus_server(Unit(1, SOUND).served, Unit(2, words).served) as address:
        (sample,) = await reads(transmitters(address))
    assert qualities(sample) == (G, C)
    assert sample.values[0] == 25
    assert math.isnan(sample.values[1])
    assert re.search(told, sample.reason)


async def test_a_unit_that_fails_its_self_test_is_not_asked_for_the_rest_of_the_poll() -> None:
    unit = Unit(1, TURNED)
    async with modbus_server(unit.served, Unit(2, [20]).served) as address:
        proved = transmitters(address, [1])
        asked = {"a": holding(0), "far": holding(3, unit_id=1), "other": holding(0, unit_id=2)}
        (sample,) = await reads(replace(registers(asked, address), profile=proved.profile))
    assert qualities(sample) == (C, C, G)
    assert unit.asked == [1]


async def test_a_unit_is_proved_again_after_its_silence_and_when_it_has_failed() -> None:
    first, second = Unit(1, SOUND), Unit(2, SOUND)

    def away() -> None:
        second.says = ExcCodes.GATEWAY_NO_RESPONSE

    def exchanged() -> None:
        second.says, second.words = None, TURNED

    def mended() -> None:
        second.words = SOUND

    async with modbus_server(first.served, second.served) as address:
        samples = await reads(transmitters(address), away, exchanged, mended)
    assert [qualities(sample)[1] for sample in samples] == [G, U, C, G]
    assert first.asked == [1, 0, 0, 0, 0], "the other one goes on as it was"
    assert second.asked == [1, 0, 0, 1, 1, 0]


async def test_every_unit_is_proved_again_after_a_connect() -> None:
    unit = Unit(1, SOUND)
    async with modbus_server(unit.served) as address:
        driver = ModbusDriver(transmitters(address, [1]), now)
        for _ in range(2):
            await driver.connect()
            await driver.read(AT)
        await driver.close()
    assert unit.asked == [1, 0, 1, 0]


async def test_a_device_of_which_nothing_is_believed_is_refused() -> None:
    async with modbus_server(Unit(1, TURNED).served) as address:
        with pytest.raises(Refused, match="self test of unit 1"):
            await reads(transmitters(address, [1]))


async def test_a_unit_silent_at_its_self_test_is_silent() -> None:
    unit = Unit(1, SOUND)
    unit.says = ExcCodes.GATEWAY_NO_RESPONSE
    async with modbus_server(unit.served) as address:
        with pytest.raises(UnitSilent):
            await reads(transmitters(address, [1]))


# --- The heartbeat ------------------------------------------------------------------------------


async def test_h6_a_gateway_whose_heartbeat_stands_still_gives_old_values() -> None:
    unit = Unit(1, [45, 0])

    def beat() -> None:
        unit.words[1] += 1

    async with modbus_server(unit.served) as address:
        plain = registers({"p": holding(0), "beat": holding(1)}, address)
        gateway = replace(plain, profile=replace(plain.profile, heartbeat="beat"))
        still = [lambda: None] * 3
        samples = await reads(gateway, beat, *still, beat)
    assert [qualities(sample)[0] for sample in samples] == [G, G, G, G, S, G]
    assert {sample.values[0] for sample in samples} == {45}
    assert samples[4].reason == "the heartbeat has stood still for 3 s"
