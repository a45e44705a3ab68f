"""What the answers of all group robots have in common: the refusal stands in the body, also under HTTP 200."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.notify.post import Reply, by_status, is_taken, number, words
from monitor.notify.way import Answer, accepted, failed, refused


@dataclass(frozen=True, slots=True)
class Codes:
    """How one service's answers are read.

    Attributes:
        service: its name.
        code: the field with the code, 0 being success.
        message: the field with the reason.
        passing: codes that another try may change, with the seconds to wait (None: not said).
        meaning: what other codes ask of a person.
    """

    service: str
    code: str
    message: str
    passing: Mapping[int, float | None]
    meaning: Mapping[int, str]

    def judge(self, reply: Reply) -> Answer:
        """What the answer means, whatever it is."""
        fields = reply.fields()
        code = number(fields, self.code)
        if code is None:
            return self._without_code(reply)
        said = f"{self.service} {self.code} {code}: {words(fields, self.message) or 'no reason given'}"
        if code == 0:
            return accepted(f"{self.service} {self.code} 0") if is_taken(reply) else by_status(reply, said)
        if code in self.passing:
            return failed(said, reply.retry_after_s or self.passing[code])
        meant = self.meaning.get(code, "")
        return self._refused(reply, f"{said} ({meant})" if meant else said)

    def _refused(self, reply: Reply, said: str) -> Answer:
        """An unknown code under a passing status may pass as well."""
        return refused(said) if is_taken(reply) else by_status(reply, said)

    def _without_code(self, reply: Reply) -> Answer:
        if is_taken(reply):
            return failed(
                f"HTTP {reply.status}, but the answer is not {self.service}'s: is something in between?"
            )
        return by_status(reply)
