"""Requests by handshake: what is asked for in one Write, its number in a second one, then the answer is awaited.

The number comes last and alone, because nothing says in which order a PLC sees the values of one Write: once it sees
the number, all that belongs to it stands there. A number that the PLC has taken already is answered and not carried
out again, so that the same request may be sent again when its answer was lost.

No maker publishes such a handshake: nodes, codes and times are a demo proposal.
"""

from typing import Protocol

from config.model import Command, Device, Request
from drivers.driver import Driver, Refused, Unreachable

ANSWER_TIMEOUT_S = 1.0
"""How long a PLC may take to answer (demo proposal)."""

SEQ_MAX = 0xFFFF
BEATS = 0x10000
"""Our heartbeat has 16 bits and goes round."""

ACCEPTED, BUSY = 0, 4
REFUSALS = {1: "refused: local mode", 2: "refused: interlock", 3: "unknown request"}


class Busy(Unreachable):
    """The PLC answered that it has no time for a request now. The connection is sound, and asking again helps."""


class Beating(Driver, Protocol):
    """A driver of a device with a handshake, which hears from us whether the monitoring lives."""

    async def beat(self, count: int) -> None:
        """Write our heartbeat.

        Args:
            count: one more each second; it goes round at 65536.

        Raises:
            Refused: the device has no handshake, or does not let us write.
            Unreachable: nothing answers.
        """


def beats(device: Device) -> bool:
    """Whether the driver of a device is a `Beating` one."""
    return device.profile.handshake is not None


def allowed(device: Device, command: Command) -> Request:
    """The request that a command names.

    Raises:
        Refused: it is not on the profile's allow-list, or not with this parameter or number.
    """
    request = device.profile.requests.get(command.request)
    if command.device != device.id or device.profile.handshake is None or request is None:
        raise Refused(f"{device.id}: request {command.request!r} is not on the profile's allow-list")
    if command.outputs:
        raise Refused(f"{device.id}: request {request.key!r} cannot set outputs as well")
    if not request.param_low <= command.param <= request.param_high:
        permitted = f"{request.param_low} to {request.param_high}"
        raise Refused(f"{device.id}: request {request.key!r} takes {permitted}, not {command.param}")
    if not 1 <= command.seq <= SEQ_MAX:
        raise Refused(f"{device.id}: number {command.seq} is none of a request; 1 to {SEQ_MAX} are")
    return request


def check_answer(where: str, code: int) -> None:
    """Say what a PLC's answer means.

    Args:
        where: the device and the request, for the message.
        code: of the answer.

    Raises:
        Busy: it has no time now.
        Refused: it said no, for the reason in the message.
    """
    if code == BUSY:
        raise Busy(f"{where}: busy")
    if code != ACCEPTED:
        raise Refused(f"{where}: {REFUSALS.get(code, f'answer {code}, which means nothing here')}")
