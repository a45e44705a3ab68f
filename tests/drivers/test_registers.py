"""Words to values: hand-typed vectors from the makers' manuals, and laws beside them."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import ChannelModel, Node, Quality, Register
from drivers.registers import CODES, LIMITS, Request, plan, width
from drivers.row import Row
from tests.drivers.nouns import AT, channel_model, holding, now, series

WORDS = st.integers(0, 0xFFFF)


@dataclass(frozen=True)
class Read:
    """What a Row held after one answer."""

    values: Sequence[float]
    quality: Sequence[Quality]


def read(words: Sequence[int], *registers: Register) -> Read:
    """Decode one answer that begins at register 0."""
    channels = series([channel_model(f"c{n}", register) for n, register in enumerate(registers)])
    (only,) = plan(channels.channels)
    assert only.request.address == 0
    row = Row(channels)
    only.decode(words, row)
    return Read(row.values, row.quality)


def value(words: Sequence[int], register: Register) -> float:
    """The one value of an answer."""
    return read(words, register).values[0]


# --- Vectors ------------------------------------------------------------------------------------


def test_vaisala_self_test_float_has_its_low_word_first() -> None:
    # HMT330: register 7938 reads -123.45 as a float, 7937 reads -12345 as an integer.
    high, low = 0xC2F6, 0xE666
    assert value([low, high], holding(0, "float32", word_order="little")) == pytest.approx(-123.45)
    assert read([0xCFC7], holding(0, "s16")).values == [-12345]
    assert value([0xCFC7], holding(0, "s16", scale=0.01)) == pytest.approx(-123.45)


def test_ee_reply_bytes_are_a_temperature() -> None:
    # E+E EE650: the reply 38 5F 41 D5 is 26.652524 degrees.
    words = struct.unpack(">2H", bytes.fromhex("385F41D5"))
    assert value(words, holding(0, "float32", word_order="little")) == pytest.approx(26.652524)


def test_vaisala_hpp272_words_are_ppm() -> None:
    words = [0xD47A, 0x43E8]
    assert value(words, holding(0, "float32", word_order="little")) == pytest.approx(465.66, abs=0.01)


def test_lighthouse_counts_have_their_high_word_first() -> None:
    assert read([0x0001, 0x86A0], holding(0, "u32")).values == [100_000]
    assert read([0xFFFF, 0xFFFE], holding(0, "s32")).values == [-2]


def test_one_answer_of_many_types() -> None:
    result = read(
        [0x0064, 0x0000, 0x41C8, 0x8001, 0x0007],
        holding(0, "u16", scale=0.01),
        holding(1, "float32", word_order="little"),
        holding(3, "s16"),
        holding(4, "bool"),
    )
    assert result.values == [1.0, 25.0, -32767, 1.0]
    assert set(result.quality) == {Quality.GOOD}


@pytest.mark.parametrize("high", [0x7FC0, 0x7F80, 0xFF80])
def test_not_a_number_and_infinity_are_no_value(high: int) -> None:
    result = read([high, 0], holding(0, "float32"))
    assert math.isnan(result.values[0])
    assert result.quality == [Quality.UNAVAILABLE]


def test_0x8000_is_no_value_for_a_signed_word_only() -> None:
    result = read([0x8000, 0x8000], holding(0, "s16", scale=0.1), holding(1, "u16"))
    assert math.isnan(result.values[0])
    assert result.values[1] == 32768
    assert result.quality == [Quality.UNAVAILABLE, Quality.GOOD]


def test_a_missing_value_says_which_channel_lacks_it() -> None:
    channels = series([channel_model("a", holding(0, "s16")), channel_model("b", holding(1, "s16"))])
    row = Row(channels)
    plan(channels.channels)[0].decode([0x8000, 0x8000], row)
    assert row.sample(AT, now()).reason == "D/a: no value (0x8000) (and 1 more)"


# --- Planning -----------------------------------------------------------------------------------


def requests(*registers: Register) -> list[Request]:
    models = [channel_model(f"c{n}", register) for n, register in enumerate(registers)]
    return [part.request for part in plan(series(models).channels)]


def test_neighbours_are_read_together_and_gaps_are_not_bridged() -> None:
    assert requests(holding(2, "float32"), holding(0, "float32"), holding(5), holding(4)) == [
        Request(1, "holding", 0, 6)
    ]
    assert requests(holding(0), holding(2)) == [Request(1, "holding", 0, 1), Request(1, "holding", 2, 1)]


def test_units_and_tables_are_never_mixed() -> None:
    got = requests(holding(0), holding(1, unit_id=2), holding(1, table="input"), holding(1))
    assert got == [Request(1, "holding", 0, 2), Request(1, "input", 1, 1), Request(2, "holding", 1, 1)]


def test_a_value_of_two_words_is_not_split_at_the_limit() -> None:
    got = requests(*(holding(address) for address in range(124)), holding(124, "u32"))
    assert got == [Request(1, "holding", 0, 124), Request(1, "holding", 124, 2)]


def test_each_diagnostic_is_a_question_of_its_own() -> None:
    checks = [holding(sub_function, table="diagnostic") for sub_function in (1, 0)]
    assert requests(*checks) == [Request(1, "diagnostic", 0, 1), Request(1, "diagnostic", 1, 1)]


def test_two_channels_may_share_a_register() -> None:
    assert requests(holding(7), holding(7), holding(7, "u32")) == [Request(1, "holding", 7, 2)]


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        (channel_model("x", Node("a", "Float")), "has a node"),
        (channel_model("x", holding(0, table="holdings")), "table 'holdings'"),
        (channel_model("x", holding(0, "u64")), "type 'u64'"),
        (channel_model("x", holding(0, "u32", word_order="middle")), "word_order 'middle'"),
        (channel_model("x", holding(0, "u16", table="coil")), "a coil holds a bool"),
        (channel_model("x", holding(0, "u32", table="diagnostic")), "a diagnostic answers with a u16"),
    ],
)
def test_a_register_that_cannot_be_read_is_named(model: ChannelModel, fault: str) -> None:
    with pytest.raises(ValueError, match=f"D/x: .*{fault}"):
        plan(series([model]).channels)


# --- Laws ---------------------------------------------------------------------------------------


KINDS_OF = {"coil": "bool", "discrete": "bool", "diagnostic": "u16"}


@st.composite
def maps(draw: st.DrawFn) -> list[Register]:
    """Registers without overlap, in any order, over a few units and tables, close to and far from each other."""
    found = []
    for unit_id, table in draw(
        st.sets(st.tuples(st.integers(1, 3), st.sampled_from(list(LIMITS))), min_size=1, max_size=4)
    ):
        address = draw(st.integers(0, 60))
        for _ in range(draw(st.integers(1, 150))):
            kind = KINDS_OF.get(table) or draw(st.sampled_from(list(CODES)))
            order = draw(st.sampled_from(["big", "little"]))
            found.append(holding(address, kind, unit_id, table=table, word_order=order))
            address += width(found[-1]) + draw(st.sampled_from([0] * 9 + [1]))
    return draw(st.permutations(found))


@given(maps())
def test_law_every_register_is_read_exactly_once_and_no_request_is_too_long(
    registers: list[Register],
) -> None:
    asked: list[tuple[int, str, int]] = []
    for request in requests(*registers):
        assert 1 <= request.count <= LIMITS[request.table]
        asked += [
            (request.unit_id, request.table, request.address + offset) for offset in range(request.count)
        ]
    wanted = {
        (register.unit_id, register.table, register.address + offset)
        for register in registers
        for offset in range(width(register))
    }
    assert len(asked) == len(wanted)
    assert set(asked) == wanted


RANGES = {
    "u16": st.integers(0, 0xFFFF),
    "s16": st.integers(-0x7FFF, 0x7FFF),
    "u32": st.integers(0, 0xFFFFFFFF),
    "s32": st.integers(-0x80000000, 0x7FFFFFFF),
    "float32": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "bool": st.integers(0, 1),
}
FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "float32": ">f", "bool": ">H"}


def encode(value: float, register: Register) -> list[int]:
    """The words of a value, written apart from the code under test."""
    raw = struct.pack(FORMATS[register.type], value)
    words = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
    return words if register.word_order == "big" else words[::-1]


@given(st.data())
def test_law_what_is_encoded_is_decoded(data: st.DataObject) -> None:
    types = data.draw(st.lists(st.sampled_from(list(RANGES)), min_size=1, max_size=40))
    values = [data.draw(RANGES[kind]) for kind in types]
    registers: list[Register] = []
    words: list[int] = []
    for kind, value in zip(types, values, strict=True):
        order = data.draw(st.sampled_from(["big", "little"]))
        registers.append(holding(len(words), kind, word_order=order))
        words += encode(value, registers[-1])
    result = read(words, *registers)
    assert result.values == values
    assert set(result.quality) == {Quality.GOOD}


@given(st.lists(WORDS, min_size=12, max_size=12), st.sampled_from(["big", "little"]), st.floats())
def test_law_any_words_give_finite_values_or_none(words: list[int], order: str, scale: float) -> None:
    registers, address = [], 0
    for kind in ("u16", "s16", "u32", "s32", "float32", "bool"):
        registers.append(holding(address, kind, word_order=order, scale=scale))
        address += width(registers[-1])
    result = read(words[:address], *registers)
    for value, quality in zip(result.values, result.quality, strict=True):
        assert math.isfinite(value) == (quality is Quality.GOOD)
        assert quality in {Quality.GOOD, Quality.UNAVAILABLE}
