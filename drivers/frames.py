"""Modbus frames: how a question is written, and what bytes are its whole and only answer. Pure.

A Modbus answer does not say which register it is of, so nothing of it is taken on trust: of every answer the
beginning and the length are known before it comes, and bytes that differ anywhere are refused at the first of them.

Sources: Modbus Application Protocol V1.1b3; Modbus Messaging on TCP/IP V1.0b, 3.1; Modbus over Serial Line V1.02, 2.5.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

from drivers.driver import Nonsense
from drivers.registers import LIMITS, MAX_BITS, Request

READ_FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
WRITE_COIL = 5
WRITE_REGISTER = 6
DIAGNOSTIC = 8
COIL_ON = 0xFF00
EXCEPTION_FLAG = 0x80
EXCEPTION_SIZE = 2
"""Function code and exception code."""

MBAP = struct.Struct(">HHHB")
"""Transaction id, protocol id, length of what follows it, unit id."""

LAST_TRANSACTION_ID = 0xFFFF

CRC_SIZE = 2
SHORT = struct.Struct(">BHH")


class Ask(NamedTuple):
    """What is asked of a unit, however it travels.

    Attributes:
        pdu: function code and what belongs to it.
        head: how the PDU of its answer must begin.
        size: how long the PDU of its answer must be, in bytes.
        told: what stands in the answer between the function code and the data: for messages.
    """

    unit_id: int
    pdu: bytes
    head: bytes
    size: int
    told: str


def read(request: Request) -> Ask:
    """Ask for registers or bits (FC01 to FC04), or for a live check (FC08 with data 0, one word)."""
    if request.table == "diagnostic":
        pdu = SHORT.pack(DIAGNOSTIC, request.address, 0)
        return Ask(request.unit_id, pdu, pdu[:3], len(pdu), "sub-function")
    is_bits = LIMITS[request.table] == MAX_BITS
    size = (request.count + 7) // 8 if is_bits else 2 * request.count
    function = READ_FUNCTIONS[request.table]
    pdu = SHORT.pack(function, request.address, request.count)
    return Ask(request.unit_id, pdu, bytes((function, size)), 2 + size, "byte count")


def write_register(unit_id: int, address: int, word: int) -> Ask:
    """Ask for one holding register to be written (FC06); the answer is the same again."""
    pdu = SHORT.pack(WRITE_REGISTER, address, word)
    return Ask(unit_id, pdu, pdu, len(pdu), "echo")


def write_coil(unit_id: int, address: int, on: bool) -> Ask:
    """Ask for one coil to be written (FC05); the answer is the same again."""
    pdu = SHORT.pack(WRITE_COIL, address, COIL_ON if on else 0)
    return Ask(unit_id, pdu, pdu, len(pdu), "echo")


def values(request: Request, pdu: bytes) -> Sequence[int]:
    """The words, or bits as 0 and 1, of the answer to `read(request)`: exactly `request.count` of them."""
    if request.table == "diagnostic":
        return [int.from_bytes(pdu[3:5], "big")]
    if LIMITS[request.table] == MAX_BITS:
        return [pdu[2 + n // 8] >> n % 8 & 1 for n in range(request.count)]
    return struct.unpack_from(f">{request.count}H", pdu, 2)


def exception_of(pdu: bytes) -> int | None:
    """The exception code of an answer; None if it is not an exception."""
    return pdu[1] if pdu[0] & EXCEPTION_FLAG else None


class Shape(NamedTuple):
    """One form that an answer can have: how it begins, and its length in bytes."""

    head: bytes
    size: int


class Question:
    """One question as it is sent, and the two forms that its answer can have: as asked for, and an exception.

    Attributes:
        sent: the whole frame.
    """

    __slots__ = ("_framing", "_shapes", "_told", "sent")

    def __init__(self, framing: "Framing", ask: Ask, sent: bytes) -> None:
        self.sent = sent
        self._framing = framing
        self._told = ask.told
        refusal = bytes((ask.head[0] | EXCEPTION_FLAG,))
        self._shapes = (
            Shape(framing.begin(sent, ask.size) + ask.head, framing.around + ask.size),
            Shape(framing.begin(sent, EXCEPTION_SIZE) + refusal, framing.around + EXCEPTION_SIZE),
        )

    def answer(self, came: bytes) -> bytes | None:
        """Look at everything that has come since the question was sent.

        Returns:
            The PDU of the answer, if this is the whole of it; None while more must come.

        Raises:
            Nonsense: it cannot become the answer any more.
        """
        for shape in self._shapes:
            if not shape.head.startswith(came[: len(shape.head)]):
                continue
            if len(came) < shape.size:
                return None
            if len(came) > shape.size:
                raise Nonsense(f"answer with {len(came)} bytes in all, expected {shape.size}")
            return self._framing.open(came)
        raise Nonsense(self._difference(came))

    def _difference(self, came: bytes) -> str:
        """Name the first field that is not what it must be."""
        expected, known = self._shapes[0].head, self._framing.fields
        fields = (*known, (self._told, slice(known[-1][1].stop, len(expected))))
        return next(
            f"answer with {name} {came[part].hex()}, expected {expected[part].hex()}"
            for name, part in fields
            if came[part] != expected[part]
        )


Fields: TypeAlias = tuple[tuple[str, slice], ...]


class Framing(Protocol):
    """How a PDU is put into a frame.

    Attributes:
        fields: what stands in a frame up to the function code, by name.
        around: how many bytes a frame has more than its PDU.
        has_ids: whether an answer says which question it belongs to.
    """

    fields: Fields
    around: int
    has_ids: bool

    def question(self, ask: Ask) -> Question:
        """Put a question into its frame."""

    def begin(self, sent: bytes, size: int) -> bytes:
        """How an answer to a sent frame must begin whose PDU has this size."""

    def open(self, frame: bytes) -> bytes:
        """Take the PDU out of a frame whose beginning and length are right.

        Raises:
            Nonsense: its check sum is wrong.
        """


class Mbap:
    """Frames of Modbus TCP. The transaction ids go round and are never 0, which careless servers answer with."""

    fields: Fields = (
        ("transaction id", slice(0, 2)),
        ("protocol id", slice(2, 4)),
        ("length", slice(4, 6)),
        ("unit id", slice(6, 7)),
        ("function code", slice(7, 8)),
    )
    around = MBAP.size
    has_ids = True

    def __init__(self) -> None:
        self._last_id = 0

    def question(self, ask: Ask) -> Question:
        """Put a question into its frame, with the next transaction id."""
        self._last_id = self._last_id % LAST_TRANSACTION_ID + 1
        return Question(self, ask, MBAP.pack(self._last_id, 0, 1 + len(ask.pdu), ask.unit_id) + ask.pdu)

    def begin(self, sent: bytes, size: int) -> bytes:
        """The same transaction and unit, and the length of the answer."""
        return sent[:4] + (1 + size).to_bytes(2, "big") + sent[6:7]

    def open(self, frame: bytes) -> bytes:
        """Take off the header; TCP has a check sum of its own."""
        return frame[MBAP.size :]


class Rtu:
    """Frames of a serial line, also when a serial server carries them over TCP."""

    fields: Fields = (("unit id", slice(0, 1)), ("function code", slice(1, 2)))
    around = 1 + CRC_SIZE
    has_ids = False

    def question(self, ask: Ask) -> Question:
        """Put a question into its frame."""
        body = bytes((ask.unit_id,)) + ask.pdu
        return Question(self, ask, body + crc16(body))

    def begin(self, sent: bytes, size: int) -> bytes:  # noqa: ARG002 - the other framing tells the length first
        """The same unit."""
        return sent[:1]

    def open(self, frame: bytes) -> bytes:
        """Take off unit id and CRC, if the CRC is right.

        Raises:
            Nonsense: it is not.
        """
        body, came = frame[:-CRC_SIZE], frame[-CRC_SIZE:]
        if (expected := crc16(body)) != came:
            raise Nonsense(f"answer with CRC {came.hex()}, expected {expected.hex()}")
        return body[1:]


def crc16(data: bytes) -> bytes:
    """The CRC of an RTU frame, low byte first as it is sent (Modbus over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(CRC_SIZE, "little")


def _crc_of_byte(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


_CRC_TABLE = tuple(_crc_of_byte(byte) for byte in range(256))
