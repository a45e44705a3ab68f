"""Values to words, typed by hand from the makers' manuals."""

import pytest

from config.model import Register
from simulators.registers import encode


@pytest.mark.parametrize(
    ("value", "register", "words"),
    [
        (465.65997, Register(1, "holding", 0, "float32", "little"), [0xD47A, 0x43E8]),  # HPP272 manual
        (-123.45, Register(1, "holding", 7937, "float32", "little"), [0xE666, 0xC2F6]),
        (15.0, Register(11, "holding", 4, "float32", "big"), [0x4170, 0x0000]),
        (1.0, Register(1, "holding", 22, "u16", scale=0.01), [100]),
        (0.62, Register(1, "holding", 22, "u16", scale=0.01), [62]),
        (-1, Register(1, "holding", 24, "s16"), [0xFFFF]),
        (70_000, Register(1, "holding", 32, "u32", "big"), [0x0001, 0x1170]),
        (70_000, Register(1, "holding", 32, "u32", "little"), [0x1170, 0x0001]),
        (-2, Register(1, "holding", 46, "s32", "big"), [0xFFFF, 0xFFFE]),
    ],
)
def test_words(value: float, register: Register, words: list[int]) -> None:
    assert encode(value, register) == words
