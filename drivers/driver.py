"""What a driver is, and the three ways in which a device can fail it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from config.model import Command, Sample

Now = Callable[[], datetime]
"""Asks the service's clock; handed to a driver so that it can say when an answer arrived."""


Kept = Callable[[str], datetime | None]
"""Says of a series of records up to which time all of them are safe on our disk; None: none is.

A driver goes on from there after a restart, and takes nothing out of a device's buffer that is not kept yet.
"""


def nothing_kept(_: str) -> datetime | None:
    """Say that no record is on our disk."""
    return None


class DriverError(Exception):
    """A device failed us. The message is for the engineer on call: what, where, and what was expected."""


class Unreachable(DriverError):  # noqa: N818 - the design's word
    """Nothing answers: refused, timed out, cut. Trying again helps once the device is back."""


class Refused(DriverError):  # noqa: N818 - the design's word
    """The device answered and said no (Modbus exception, bad password). Trying again does not help."""


class Nonsense(DriverError):  # noqa: N818 - the design's word
    """Something answered that cannot be the answer to the question; the connection cannot be trusted."""


class Driver(Protocol):
    """One device on one wire. After any error the driver has already dropped its connection.

    None of these may be called while another of the same driver is running: the poll of the device owns it.
    """

    async def connect(self) -> None:
        """Make the connection and check that the right thing answers.

        Raises:
            Unreachable: nothing answers.
            Refused: it will not have us.
            Nonsense: it is not what the profile says.
        """

    async def read(self, at: datetime) -> list[Sample]:
        """Read the device once.

        Args:
            at: the tick this poll belongs to.

        Returns:
            One Sample for the device's own series, and for a counter its new records, oldest first.

        Raises:
            DriverError: nothing usable came; the caller makes the Bad Sample.
        """

    async def command(self, command: Command) -> None:
        """Write the outputs of a command; anything not on the profile's allow-list is refused unsent.

        Raises:
            Refused: not on the allow-list, or the device said no.
            Unreachable: nothing answers.
            Nonsense: the echo is not the write.
        """

    async def close(self) -> None:
        """Drop the connection. Never raises, and may be called twice."""
