"""The one place that knows which driver speaks which protocol: one line per protocol."""

from typing import assert_never

from config.model import Device, Protocol
from drivers.driver import Driver, Kept, Now, nothing_kept
from drivers.keys import Keys
from drivers.lighthouse import LighthouseDriver
from drivers.met_one import MetOneDriver
from drivers.modbus import ModbusDriver
from drivers.niotronic import NiotronicDriver
from drivers.pms import PmsDriver


def open_driver(device: Device, now: Now, *, kept: Kept = nothing_kept, keys: Keys | None = None) -> Driver:
    """The driver of a device, not connected yet.

    Args:
        device: whose profile says the protocol.
        now: the service's clock.
        kept: says of a counter's records up to which time all are on our disk.
        keys: ours, for the devices that are spoken to encrypted.

    Raises:
        ValueError: the profile cannot be driven; the message names the channel or the address.
        KeysError: the device is spoken to encrypted, and there is no certificate of ours.
    """
    match device.profile.protocol:
        case Protocol.MODBUS:
            return ModbusDriver(device, now)
        case Protocol.LIGHTHOUSE:
            return LighthouseDriver(device, now, kept)
        case Protocol.PMS:
            return PmsDriver(device, now, kept)
        case Protocol.OPCUA:
            # 23 MB of library, which a plant without OPC UA never needs.
            from drivers.opcua import OpcUaDriver  # noqa: PLC0415

            return OpcUaDriver(device, now, keys)
        case Protocol.MET_ONE:
            return MetOneDriver(device, now, kept)
        case Protocol.NIOTRONIC:
            return NiotronicDriver(device, now, kept)
        case _ as other:
            assert_never(other)
