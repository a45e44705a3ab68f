"""Calls that nobody would write, made up by schemathesis from the OpenAPI document before any server runs.

The schema's own examples; each bound of it, kept and just missed; other methods and content types; what chance gives.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

Call: TypeAlias = Case[Any]

BY_CHANCE = 2
"""As many are drawn of each operation as a test of every run can afford."""


def draw(
    document: Mapping[str, Any], most: int, by_chance: int = BY_CHANCE, seed: int | None = None
) -> dict[str, list[Call]]:
    """Make up calls of every operation.

    Args:
        document: OpenAPI.
        most: of one operation; what is left out is spread evenly.
        by_chance: how often chance draws.
        seed: None draws the same each time.

    Returns:
        Calls by operation, for example "GET /api/v1/health", the schema's own examples first.
    """
    schema = schemathesis.openapi.from_dict(dict(document))
    how = settings(
        max_examples=by_chance,
        derandomize=seed is None,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    drawn: dict[str, list[Call]] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation, cases = found.ok(), list[Call]()
        config = HypothesisTestConfig(
            project=schema.config, modes=list(HypothesisTestMode), settings=how, seed=seed
        )
        create_test(operation=operation, test_func=_into(cases), config=config)()
        drawn[operation.label] = list(_spread(cases, most))
    return drawn


def _into(cases: list[Call]) -> Callable[..., None]:
    def take(case: Call) -> None:
        cases.append(case)

    return take


def _spread(cases: Sequence[Call], most: int) -> Iterator[Call]:
    """Give the examples, and of the others as many as there is room for."""
    examples = [one for one in cases if one.meta is not None and one.meta.phase.name.value == "examples"]
    others = [one for one in cases if one not in examples]
    yield from examples
    room = max(1, most - len(examples))
    step = max(1.0, len(others) / room)
    yield from (others[int(place * step)] for place in range(min(room, len(others))))
