"""Whatever stands in the book has a word on the screen, in both languages: kinds of lines, and the facts they tell."""

import ast
import dataclasses
import json
import re
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.calibration import Facts
from monitor.collector.codec import KINDS
from monitor.records.plates.facts import Collected, Exposed, Incubating, Read
from monitor.server.signatures import Signature
from monitor.store.batch_reviews import Decision
from monitor.store.deviations import DeviationState
from monitor.store.equipment_tests import EquipmentFacts
from monitor.store.people import Account, Token
from monitor.store.viable import Draft, Plan

MONITOR = Path(__file__).parents[2] / "monitor"
KIND_STANDS = {"say": 1, "BookEntry": 1, "record": 2, "_say": 2, "change_person": 2}
"""Which argument of what writes a line is its kind."""
NEVER_WRITTEN = {"password_hash", "pin_hash", "totp_secret"}
TEXT = {"en", "zh"}
"""Of a text in both languages one is shown, without a name."""


def words() -> set[str]:
    """Give the key of every text of the screen that is there in both languages."""
    sources = [path.read_text() for path in (MONITOR / "dashboard/src/words").glob("*.ts")]
    found = Counter(key for source in sources for key in re.findall(r"^  (\w+):", source, re.MULTILINE))
    sets = json.loads((MONITOR / "dashboard/src/words/members.json").read_text())
    members = {
        f"{of}_{member}"
        for of, several in sets.items()
        for member, word in several.items()
        if set(word) == TEXT
    }
    return {key for key, count in found.items() if count >= 2} | members


def kinds() -> set[str]:
    """Give every kind of line: what the journal has, and what is written beside it."""
    chosen = {f"batch_{one}" for one in Decision} | {f"deviation_{one}" for one in DeviationState}
    sources = [path for room in ("collector", "store", "server") for path in (MONITOR / room).rglob("*.py")]
    written = {kind for path in sources for kind in _written(ast.parse(path.read_text()))}
    return (set(KINDS) - {"tick"}) | chosen | written


def _written(tree: ast.Module) -> Iterator[str]:
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            place = KIND_STANDS.get(getattr(call.func, "attr", getattr(call.func, "id", "")), 99)
            if place < len(call.args):
                yield from _texts(call.args[place], named)


def _texts(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, named)
        yield from _texts(node.orelse, named)
    elif isinstance(node, ast.Name) and node.id in named:
        yield from _texts(named[node.id], {})


def facts() -> set[str]:
    """Give the name of every fact of what is written as it stands, in whatever it holds."""
    seen: set[Any] = set()
    told = (
        Facts,
        EquipmentFacts,
        Draft,
        Plan,
        Account,
        Token,
        Signature,
        Exposed,
        Collected,
        Incubating,
        Read,
    )
    found = {name for one in (*KINDS.values(), *told) for name in _names(one, seen)}
    return found - NEVER_WRITTEN - TEXT


def _names(of: Any, seen: set[Any]) -> Iterator[str]:
    if dataclasses.is_dataclass(of) and of not in seen:
        seen.add(of)
        for name, kind in typing.get_type_hints(of).items():
            yield name
            yield from _names(kind, seen)
    for part in typing.get_args(of):
        yield from _names(part, seen)


def test_every_kind_of_line_has_a_word() -> None:
    found = kinds()
    assert {"signed_in", "pin_locked", "package_made", "deviation_closed", "batch_released"} <= found
    assert {f"kind_{kind}" for kind in found} - words() == set()


def test_every_fact_of_a_line_has_a_word() -> None:
    found = facts()
    assert {"raised_at", "celsius_low", "requested_at", "cycle_no"} <= found
    assert {f"fact_{name}" for name in found} - words() == set()
