"""The forms an address may have, and which two addresses lead to the same place."""

import pytest

from config.addresses import endpoint
from config.model import Protocol

SERIAL = "rtu:/dev/ttyUSB0?baudrate=19200&parity=N&stopbits=1"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("127.0.0.1:502", "127.0.0.1:502"),
        ("Gateway-1.plant:0502", "gateway-1.plant:502"),
        ("[fe80::1]:502", "[fe80::1]:502"),
        ("rtu+tcp://127.0.0.1:502", "127.0.0.1:502"),
        (SERIAL, "/dev/ttyUSB0"),
        ("rtu:/dev//serial/by-id/x?parity=E&stopbits=2&baudrate=115200", "/dev/serial/by-id/x"),
    ],
)
@pytest.mark.parametrize("protocol", [one for one in Protocol if one is not Protocol.OPCUA])
def test_every_modbus_device_is_reached_in_three_ways(protocol: Protocol, address: str, place: str) -> None:
    assert endpoint(protocol, address) == place


def test_an_opc_ua_server_is_reached_in_one_way() -> None:
    assert endpoint(Protocol.OPCUA, "opc.tcp://PLC:4840/") == endpoint(Protocol.OPCUA, "opc.tcp://plc:4840")
    for address in ("127.0.0.1:4840", "rtu+tcp://127.0.0.1:4840", SERIAL, "opc.tcp://plc"):
        with pytest.raises(ValueError, match=r"is not one for opcua; write opc\.tcp"):
            endpoint(Protocol.OPCUA, address)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("127.0.0.1", r"is not one for modbus; write host:port .*, rtu\+tcp://host:port .*, or rtu:/dev/"),
        ("127.0.0.1:0", "is not one for modbus"),
        ("127.0.0.1:65536", "is not one for modbus"),
        ("opc.tcp://127.0.0.1:4840/", "is not one for modbus"),
        ("rtu+tcp:127.0.0.1:502", "is not one for modbus"),
        ("rtu:ttyUSB0?baudrate=19200&parity=N&stopbits=1", "is not one for modbus"),
        ("rtu:/dev/ttyUSB0", "says baudrate 0 times; write baudrate=1200 "),
        ("rtu:/dev/ttyUSB0?baudrate=19200&parity=N", "says stopbits 0 times; write stopbits=1"),
        (SERIAL.replace("19200", "19201"), "has the baudrate '19201'; write baudrate=1200 or 2400"),
        (SERIAL.replace("parity=N", "parity=M"), "has the parity 'M'; write parity=N or E or O"),
        (SERIAL.replace("parity=N", "parity="), "has the parity ''; write parity=N or E or O"),
        (SERIAL.replace("stopbits=1", "stopbits=3"), "has the stopbits '3'; write stopbits=1 or 2"),
        (SERIAL + "&parity=E", "says parity 2 times"),
        (
            SERIAL + "&bytesize=7",
            "says 'bytesize', which a serial line has not; write baudrate, parity, stopbits",
        ),
    ],
)
def test_another_address_is_refused_with_what_to_write(address: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        endpoint(Protocol.MODBUS, address)
