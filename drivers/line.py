"""A serial line, used as asyncio uses a TCP connection. Whoever opens it has it alone."""

import asyncio
import os
import termios
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl

import serial

READ_SIZE = 4096

FRAME_GAP_CHARS = 3.5
FRAME_GAP_FAST_S = 0.00175
"""Above FAST_BAUDRATE the gap no longer shrinks (Modbus over Serial Line V1.02, 2.5.1.1)."""
FAST_BAUDRATE = 19200


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How a serial line is set; eight data bits, as RTU has them.

    Attributes:
        path: of the port, for example `/dev/ttyUSB0`.
        parity: `N`, `E` or `O`.
    """

    path: str
    baudrate: int
    parity: str
    stopbits: int

    @property
    def frame_gap_s(self) -> float:
        """How long the line must be silent between two frames."""
        if self.baudrate > FAST_BAUDRATE:
            return FRAME_GAP_FAST_S
        char_bits = 1 + 8 + (self.parity != "N") + self.stopbits
        return FRAME_GAP_CHARS * char_bits / self.baudrate


def line_settings(address: str) -> LineSettings:
    """Read the address of a serial line.

    Args:
        address: `/dev/ttyUSB0?baudrate=19200&parity=N&stopbits=1`.

    Raises:
        ValueError: it is not of that form.
    """
    path, _, query = address.partition("?")
    said = dict(parse_qsl(query))
    form = f"serial line {address!r} is not PATH?baudrate=...&parity=N|E|O&stopbits=1|2"
    if not path.startswith("/") or said.keys() != {"baudrate", "parity", "stopbits"}:
        raise ValueError(form)
    if (
        not said["baudrate"].isdigit()
        or said["parity"] not in {"N", "E", "O"}
        or said["stopbits"] not in {"1", "2"}
    ):
        raise ValueError(form)
    return LineSettings(path, int(said["baudrate"]), said["parity"], int(said["stopbits"]))


class Line(asyncio.Transport):
    """An open serial line.

    Nothing of it blocks. A question is eight bytes, and the port is empty when it is written, for one is not asked
    before the other is answered: a port that does not take all of it at once is a broken one.
    """

    def __init__(self, settings: LineSettings, protocol: asyncio.Protocol) -> None:
        """Open it.

        Raises:
            OSError: there is no such port, or somebody else has it.
        """
        super().__init__()
        self._port = serial.Serial(
            settings.path,
            baudrate=settings.baudrate,
            parity=settings.parity,
            stopbits=settings.stopbits,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
        self._fd = self._port.fileno()
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a frame."""
        try:
            if os.write(self._fd, data) < len(data):
                self._lose(OSError("the port does not take what is sent"))
        except OSError as error:
            self._lose(error)

    def abort(self) -> None:
        """Close the port at once; what has not been sent is thrown away."""
        if self._port.is_open:
            self._loop.remove_reader(self._fd)
            # A close waits until all is sent, and on a line that takes nothing that is half a minute.
            with suppress(termios.error):
                termios.tcflush(self._fd, termios.TCOFLUSH)
            self._port.close()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_SIZE)
        except OSError as error:
            self._lose(error)
            return
        if data:
            self._protocol.data_received(data)
        else:
            self._lose(OSError("the port is gone"))

    def _lose(self, error: OSError) -> None:
        self.abort()
        self._protocol.connection_lost(error)
