"""What every machine with a PLC does alike: it takes requests by handshake, and hears whether its asker lives."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from random import Random

from simulators.machine import Machine, Quantity

EMS_LOST_AFTER_S = 5.0
"""How long the monitoring system's heartbeat may stand still (demo proposal)."""

REMEMBERED = 64
"""So many numbers a PLC knows again, and what it answered to each; 0 is nobody's (demo proposal)."""

TONES = range(3)  # silent, horn 1, horn 2


class Answer(IntEnum):
    """What a PLC answers to a request (demo proposal)."""

    ACCEPTED = 0
    LOCAL_MODE = 1
    INTERLOCK = 2
    UNKNOWN = 3
    BUSY = 4


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a machine can be asked for.

    Attributes:
        name: the request's key in the machine's profile.
        do: does it, with the request's parameter; False: an interlock forbids it.
    """

    name: str
    do: Callable[[int], bool]


class Plc(Machine, ABC):
    """A machine that takes requests.

    `local` is no channel: 1 while somebody works at the machine and nobody else may ask it for anything.

    Attributes:
        ack_seq: the number of the last request that was answered.
        ack_code: how it was answered.
        horn: 0 silent, or the tone that it was asked for.
    """

    def __init__(self, quantities: Mapping[str, Quantity], start: datetime, rng: Random) -> None:
        super().__init__({**quantities, "local": Quantity(0)}, start, rng)
        self.ack_seq = 0
        self.ack_code = Answer.ACCEPTED
        self._answers: dict[int, Answer] = {}
        self.horn = 0
        self._deeds = self.deeds()
        self._calm = {key: quantity.normal for key, quantity in self.quantities.items()}
        self._heard: int | None = None
        self._heard_s = 0.0

    @abstractmethod
    def deeds(self) -> Mapping[int, Deed]:
        """What it can be asked for, by request code."""

    def request(self, code: int, param: int, seq: int) -> None:
        """Take a request as the PLC does: a number that it knows is answered as before, and not carried out again."""
        if seq in {0, self.ack_seq}:
            return
        if seq not in self._answers:
            self._answers[seq] = self._carry_out(code, param)
            if len(self._answers) > REMEMBERED:
                del self._answers[next(iter(self._answers))]
        self.ack_seq, self.ack_code = seq, self._answers[seq]
        self.renew()

    def _carry_out(self, code: int, param: int) -> Answer:
        deed = self._deeds.get(code)
        if self.is_local:
            return Answer.LOCAL_MODE
        if deed is None:
            return Answer.UNKNOWN
        if not deed.do(param):
            return Answer.INTERLOCK
        self.executed[deed.name] += 1
        return Answer.ACCEPTED

    @property
    def is_local(self) -> bool:
        """Somebody works at the machine."""
        return self.quantities["local"].true > 0

    def hear(self, heartbeat: int) -> None:
        """Take the monitoring system's heartbeat as the PLC does, on its own timer; 0 and nothing yet is no system."""
        if heartbeat != (self._heard or 0):
            self._heard, self._heard_s = heartbeat, self.elapsed_s

    @property
    def is_deaf(self) -> bool:
        """The monitoring system was heard once, and its heartbeat has stood still for 5 s (demo proposal)."""
        return self._heard is not None and self.elapsed_s - self._heard_s >= EMS_LOST_AFTER_S

    def sound(self, tone: int) -> bool:
        """Sound the machine's own horn, or silence it with 0."""
        if tone in TONES:
            self.horn = tone
        return tone in TONES

    def reset(self, _: int = 0) -> bool:
        """Go back to what the machine does when nobody has asked it for anything."""
        self.horn = 0
        for key, normal in self._calm.items():
            self.quantities[key].normal, self.quantities[key].cut, self.quantities[key].pace = (
                normal,
                None,
                None,
            )
        return True

    def release(self) -> None:
        """Heal, and stand as before: what a request has left is set right by whoever clears the fault."""
        super().release()
        self.reset()

    def _show(self) -> dict[str, float]:
        """Show the answers, and the horn, which sounds as well while the monitoring system is not heard."""
        answers = {
            "ack_seq": self.ack_seq,
            "ack_code": self.ack_code,
            "horn": self.horn or float(self.is_deaf),
        }
        return super()._show() | answers | {"heartbeat": self.heartbeat}
