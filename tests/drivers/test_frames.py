"""Frames alone: vectors typed from the standards, and laws that hold for every question in both framings."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from drivers.driver import Nonsense
from drivers.frames import (
    Ask,
    Framing,
    Mbap,
    Rtu,
    crc16,
    exception_of,
    read,
    values,
    write_coil,
    write_register,
)
from drivers.registers import LIMITS, MAX_BITS, Request

# --- Vectors ------------------------------------------------------------------------------------


def test_a_request_is_the_one_of_the_standard() -> None:
    # Modbus Application Protocol V1.1b3, 6.3: read 108 to 110; the answer 022B 0000 0064.
    ask = read(Request(1, "holding", 0x6B, 3))
    assert ask.pdu == bytes.fromhex("03 006B 0003")
    question = Mbap().question(ask)
    assert question.sent == bytes.fromhex("0001 0000 0006 01 03 006B 0003")
    answer = question.answer(bytes.fromhex("0001 0000 0009 01 03 06 022B 0000 0064"))
    assert answer is not None
    assert values(Request(1, "holding", 0x6B, 3), answer) == (0x022B, 0, 0x64)


def test_coils_stand_in_the_bits_from_the_lowest_on() -> None:
    # Modbus Application Protocol V1.1b3, 6.1: coils 20 to 38 as CD 6B 05.
    request = Request(1, "coil", 0x13, 0x13)
    question = Mbap().question(read(request))
    assert question.sent[7:] == bytes.fromhex("01 0013 0013")
    answer = question.answer(bytes.fromhex("0001 0000 0006 01 01 03 CD6B05"))
    assert answer is not None
    assert "".join(map(str, values(request, answer))) == "1011001111010110101"


def test_an_rtu_frame_ends_with_its_crc_low_byte_first() -> None:
    # The frame of nearly every device manual: read ten registers from the first on.
    assert Rtu().question(read(Request(1, "holding", 0, 10))).sent == bytes.fromhex("01 03 0000 000A C5CD")
    # Modbus over Serial Line V1.02, appendix B: 02 07 has the CRC 0x1241.
    assert crc16(bytes.fromhex("02 07")) == bytes.fromhex("41 12")


def test_writes_and_the_live_check() -> None:
    # Modbus Application Protocol V1.1b3, 6.5, 6.6 and 6.8.1.
    assert write_coil(1, 0xAC, True).pdu == bytes.fromhex("05 00AC FF00")
    assert write_coil(1, 0xAC, False).pdu == bytes.fromhex("05 00AC 0000")
    assert write_register(1, 1, 3).pdu == bytes.fromhex("06 0001 0003")
    check = Request(1, "diagnostic", 0, 1)
    assert read(check).pdu == bytes.fromhex("08 0000 0000")
    question = Mbap().question(read(check))
    answer = question.answer(bytes.fromhex("0001 0000 0006 01 08 0000 0001"))
    assert answer is not None
    assert values(check, answer) == [1], "the data need not be what was sent"


def test_a_refusal_is_an_answer_too() -> None:
    question = Mbap().question(read(Request(1, "holding", 0, 1)))
    assert exception_of(question.answer(bytes.fromhex("0001 0000 0003 01 83 02")) or b"\0") == 2
    assert exception_of(question.answer(bytes.fromhex("0001 0000 0005 01 03 02 0000")) or b"\x83") is None


def test_transaction_ids_go_round_and_are_never_0() -> None:
    mbap, ask = Mbap(), read(Request(1, "holding", 0, 1))
    ids = [int.from_bytes(mbap.question(ask).sent[:2], "big") for _ in range(0x10001)]
    assert ids == [*range(1, 0x10000), 1, 2]


@pytest.mark.parametrize(
    ("came", "told"),
    [
        ("0002", "transaction id 0002, expected 0001"),
        ("00010001", "protocol id 0001, expected 0000"),
        ("000100000009", "length 0009, expected 0007"),
        ("00010000000709", "unit id 09, expected 01"),
        ("0001000000070104", "function code 04, expected 03"),
        ("000100000007010305", "byte count 05, expected 04"),
        ("0001000000070103040A0B0C0D00", "14 bytes in all, expected 13"),
    ],
)
def test_a_refused_answer_is_told_by_its_first_wrong_field(came: str, told: str) -> None:
    with pytest.raises(Nonsense, match=told):
        Mbap().question(read(Request(1, "holding", 0x10, 2))).answer(bytes.fromhex(came))


# --- Laws ---------------------------------------------------------------------------------------

READS = st.one_of(
    [
        st.builds(
            Request,
            st.integers(1, 255),
            st.just(table),
            st.integers(0, 0xFFFF),
            st.integers(1, LIMITS[table]),
        )
        for table in LIMITS
    ]
)
ASKS = st.one_of(
    READS.map(read),
    st.builds(write_register, st.integers(1, 255), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    st.builds(write_coil, st.integers(1, 255), st.integers(0, 0xFFFF), st.booleans()),
)
FRAMINGS = st.sampled_from([Mbap, Rtu])


@st.composite
def pdus(draw: st.DrawFn, ask: Ask) -> bytes:
    """An answer to `ask`: with any data, or a refusal."""
    if draw(st.integers(0, 4)) == 0:
        return bytes([ask.pdu[0] | 0x80, draw(st.integers(1, 11))])
    left = ask.size - len(ask.head)
    return ask.head + draw(st.binary(min_size=left, max_size=left))


def framed(framing: Framing, sent: bytes, pdu: bytes) -> bytes:
    """A PDU as the other side frames it, written apart from the code under test."""
    if isinstance(framing, Mbap):
        return sent[:4] + (len(pdu) + 1).to_bytes(2, "big") + sent[6:7] + pdu
    return sent[:1] + pdu + FramerRTU.compute_CRC(sent[:1] + pdu).to_bytes(2, "big")


@given(ASKS, FRAMINGS, st.data())
def test_law_a_right_answer_is_taken_whole_and_every_beginning_of_it_needs_more(
    ask: Ask, framing: Callable[[], Framing], data: st.DataObject
) -> None:
    frames = framing()
    question = frames.question(ask)
    pdu = data.draw(pdus(ask))
    answer = framed(frames, question.sent, pdu)
    assert question.answer(answer) == pdu
    assert all(question.answer(answer[:end]) is None for end in range(len(answer)))


@given(ASKS, FRAMINGS, st.data(), st.binary(min_size=1, max_size=20))
def test_law_a_byte_too_many_is_refused(
    ask: Ask, framing: Callable[[], Framing], data: st.DataObject, surplus: bytes
) -> None:
    frames = framing()
    question = frames.question(ask)
    answer = framed(frames, question.sent, data.draw(pdus(ask)))
    with pytest.raises(Nonsense):
        question.answer(answer + surplus)


@given(ASKS, st.data())
def test_law_any_changed_byte_of_an_rtu_answer_is_refused(ask: Ask, data: st.DataObject) -> None:
    frames = Rtu()
    question = frames.question(ask)
    answer = framed(frames, question.sent, data.draw(pdus(ask)))
    at = data.draw(st.integers(0, len(answer) - 1))
    changed = changed_at(answer, at, data.draw(st.integers(1, 255)))
    assert_not_taken(lambda: question.answer(changed))


@given(ASKS, st.data())
def test_law_any_changed_byte_of_an_mbap_head_is_refused(ask: Ask, data: st.DataObject) -> None:
    frames = Mbap()
    question = frames.question(ask)
    left = ask.size - len(ask.head)
    pdu = ask.head + data.draw(st.binary(min_size=left, max_size=left))
    answer = framed(frames, question.sent, pdu)
    at = data.draw(st.integers(0, 6 + len(ask.head)))
    changed = changed_at(answer, at, data.draw(st.integers(1, 255)))
    assert_not_taken(lambda: question.answer(changed))


def changed_at(answer: bytes, at: int, change: int) -> bytes:
    return answer[:at] + bytes([answer[at] ^ change]) + answer[at + 1 :]


def assert_not_taken(answer: Callable[[], bytes | None]) -> None:
    """Refused at once; or, where a change makes the beginning of another form, never whole."""
    with suppress(Nonsense):
        assert answer() is None


@given(ASKS, FRAMINGS, st.binary(max_size=300))
def test_law_no_bytes_break_the_check(ask: Ask, framing: Callable[[], Framing], came: bytes) -> None:
    question = framing().question(ask)
    with suppress(Nonsense):
        answer = question.answer(came)
        assert answer is None or len(came) - len(answer) in {3, 7}


@given(ASKS, ASKS, st.data())
def test_law_an_mbap_answer_belongs_to_one_question(ask: Ask, other: Ask, data: st.DataObject) -> None:
    frames = Mbap()
    first, second = frames.question(ask), frames.question(other)
    answer = framed(frames, first.sent, data.draw(pdus(ask)))
    with pytest.raises(Nonsense):
        second.answer(answer)


@given(READS, FRAMINGS)
def test_law_an_independent_reader_understands_the_question(
    request: Request, framing: Callable[[], Framing]
) -> None:
    assume(request.table != "diagnostic" or request.address == 0)  # it does not know the others
    frames = framing()
    sent = frames.question(read(request)).sent
    decoder = DecodePDU(True)
    peer = FramerSocket(decoder) if isinstance(frames, Mbap) else FramerRTU(decoder)
    used, unit_id, _, pdu = peer.decode(sent)
    assert (used, unit_id) == (len(sent), request.unit_id)
    understood = decoder.decode(pdu)
    assert understood is not None
    if request.table == "diagnostic":
        assert understood.sub_function_code == request.address
    else:
        assert (understood.address, understood.count) == (request.address, request.count)


@given(READS, st.data())
def test_law_bits_and_words_come_as_many_as_were_asked_for(request: Request, data: st.DataObject) -> None:
    ask = read(request)
    left = ask.size - len(ask.head)
    found = values(request, ask.head + data.draw(st.binary(min_size=left, max_size=left)))
    assert len(found) == request.count
    highest = 1 if LIMITS[request.table] == MAX_BITS else 0xFFFF
    assert all(0 <= one <= highest for one in found)
