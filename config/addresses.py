"""Where a device is reached: the forms that an address may have."""

import posixpath
import re
from urllib.parse import parse_qsl

from config.model import Protocol

SERIAL = {
    "baudrate": ("1200", "2400", "4800", "9600", "19200", "38400", "57600", "115200"),
    "parity": ("N", "E", "O"),
    "stopbits": ("1", "2"),
}
"""What must be said of a serial line, and what may be said (Modbus over Serial Line V1.02, 2.2 to 2.5)."""

_HOST_PORT = r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>\d{1,5})"
_OPCUA = re.compile(rf"opc\.tcp://{_HOST_PORT}(/\S*)?")
_MODBUS = re.compile(rf"(rtu\+tcp://)?{_HOST_PORT}")
_RTU = re.compile(r"rtu:(?P<path>/[^\s?]+)(\?(?P<query>\S*))?")

_OPCUA_REMEDY = "opc.tcp://host:port/path, for example opc.tcp://127.0.0.1:4840/"
_MODBUS_REMEDY = (
    "host:port (for example 127.0.0.1:502), rtu+tcp://host:port behind a serial server,"
    " or rtu:/dev/ttyUSB0?baudrate=19200&parity=N&stopbits=1 on a serial line"
)


def endpoint(protocol: Protocol, address: str) -> str:
    """Give what an address leads to, the same for two addresses that lead to the same place.

    Args:
        protocol: what is spoken there.
        address: as written.

    Returns:
        `host:port`, or the path of a serial line.

    Raises:
        ValueError: with what is wrong with the address, and what to write instead.
    """
    opcua = protocol is Protocol.OPCUA
    if not opcua and (serial := _RTU.fullmatch(address)):
        _look_at_serial(serial["query"] or "")
        return posixpath.normpath(serial["path"])
    found = (_OPCUA if opcua else _MODBUS).fullmatch(address)
    if not found or not 1 <= int(found["port"]) <= 65_535:
        raise ValueError(f"is not one for {protocol}; write {_OPCUA_REMEDY if opcua else _MODBUS_REMEDY}")
    return f"{found['host'].lower()}:{int(found['port'])}"


def _look_at_serial(query: str) -> None:
    said = parse_qsl(query, keep_blank_values=True)
    for key, value in said:
        if key not in SERIAL:
            raise ValueError(f"says {key!r}, which a serial line has not; write {', '.join(SERIAL)}")
        if value not in SERIAL[key]:
            raise ValueError(f"has the {key} {value!r}; write {key}={' or '.join(SERIAL[key])}")
    for key, known in SERIAL.items():
        times = sum(key == one for one, _ in said)
        if times != 1:
            raise ValueError(
                f"says {key} {times} times; write {key}={known[0]} (or another of its values) once"
            )
