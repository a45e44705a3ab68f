"""The nouns of being on call as short texts, for a person who compares two plants."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time
from typing import Any

from config.duty import Canary, Contact, Escalation, Person, Step, Substitution, Target, TestPage


def told(value: object) -> str | None:
    """Say one noun of being on call; None for anything else."""
    say = _SAID.get(type(value))
    return say(value) if say else None


def _joined(values: Iterable[object], between: str = ", ") -> str:
    return between.join(told(one) or "" for one in values)


def _substitution(one: Substitution) -> str:
    return f"{one.begins.isoformat()}/{one.ends.isoformat()}: {one.person} ({one.reason})"


_SAID: Mapping[type, Callable[[Any], str]] = {
    time: lambda at: f"{at:%H:%M}",
    Target: lambda one: f"{one.who} {one.of}",
    Step: lambda one: f"{one.after_s:g} s: {_joined(one.targets, ' + ')}",
    Contact: lambda one: f"{one.way} ({one.to})" if one.to else one.way,
    Substitution: _substitution,
    Person: lambda one: _joined(one.contacts),
    Escalation: lambda one: f"{', '.join(sorted(one.priorities))}: {_joined(one.steps)}",
    TestPage: lambda one: f"weekday {one.weekday + 1}, {told(one.at)}, {one.receipt_within_s:g} s",
    Canary: lambda one: f"{one.way}, {one.every_s:g} s, {one.within_s:g} s",
}
