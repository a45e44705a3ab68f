"""PINs: what is none that anybody would try first, and how often a wrong one may be given."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, TypeAlias

import structlog
from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, ValidationError

FILE = "wrong-pins.json"

WRONG_MAX = 5
"""After so many wrong ones a PIN signs nothing until its owner has given the password (demo proposal)."""
SHORTEST, LONGEST = 6, 12


def is_trivial(pin: str) -> bool:
    """Whether it is one of those that are tried first: steps of one size, a part repeated, or a year and its like."""
    steps = {(int(later) - int(earlier)) % 10 for earlier, later in pairwise(pin)}
    is_repeated = any(
        len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size)
        for size in range(1, len(pin) // 2 + 1)
    )
    return len(steps) == 1 or is_repeated or len(set(pin)) <= 2


def _chosen(pin: SecretStr) -> SecretStr:
    if is_trivial(pin.get_secret_value()):
        raise ValueError("choose one that is not guessed at once: no row of figures, nothing repeated")
    return pin


def _figures(pin: SecretStr) -> SecretStr:
    written = pin.get_secret_value()
    if not (written.isascii() and written.isdecimal()):
        raise ValueError("a PIN is of the figures 0 to 9")
    return pin


_LENGTH = Field(min_length=SHORTEST, max_length=LONGEST)
Pin: TypeAlias = Annotated[SecretStr, _LENGTH, AfterValidator(_figures)]
"""A PIN, which is not shown again."""
NewPin: TypeAlias = Annotated[SecretStr, _LENGTH, AfterValidator(_figures), AfterValidator(_chosen)]


_WRONG = TypeAdapter(dict[str, Annotated[int, Field(ge=1)]])
_log = structlog.get_logger()


class Pins:
    """Counts wrong PINs, by person. They are forgotten where the password is given; a restart changes nothing."""

    def __init__(self, data: Path) -> None:
        """Go on from what the server's folder keeps; a file that cannot be read says nothing."""
        self._path = data / FILE
        try:
            self._wrong = _WRONG.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            self._wrong = {}
        except (OSError, ValidationError) as error:
            _log.error("wrong_pins_unknown", error=str(error))
            self._wrong = {}

    def is_locked(self, name: str) -> bool:
        """Whether a PIN signs nothing until the password is given."""
        return self._wrong.get(name, 0) >= WRONG_MAX

    def count(self, name: str) -> bool:
        """Count a try, before it is checked, so that many at once gain nothing; say whether it was the last one."""
        self._wrong[name] = self._wrong.get(name, 0) + 1
        self._keep()
        return self.is_locked(name)

    def forgive(self, name: str) -> None:
        """The person is who it is: wrong ones are forgotten."""
        if self._wrong.pop(name, None) is not None:
            self._keep()

    def _keep(self) -> None:
        fresh = self._path.with_suffix(".fresh")
        try:
            fresh.write_bytes(_WRONG.dump_json(self._wrong))
            fresh.replace(self._path)
        except OSError as error:  # counted all the same, as long as this server runs
            _log.error("wrong_pins_not_kept", error=str(error))
