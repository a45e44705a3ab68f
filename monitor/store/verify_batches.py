"""Holds batches and their stages against the lines of the collector's book that tell of them."""

import json
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

import asyncpg

from monitor.store.batches import ENDED, STAGE, STARTED
from monitor.store.database import Connection
from monitor.store.finding import Finding
from monitor.store.verify_book import CALENDAR_AT
from monitor.store.verify_kept import Facts, Shape, check_kept

_STARTED_AT, _BEGAN_AT, _ENDED_AT = (
    CALENDAR_AT.format(one) for one in ("started_at", "began_at", "ended_at")
)
_LINES = f"""
SELECT chain, seq, at, kind, who, body FROM book
WHERE kind IN ('start', 'plant', '{STARTED}', '{STAGE}', '{ENDED}') ORDER BY chain, seq"""  # noqa: S608 - our own words
_STORED = {
    "batch": f"""
SELECT id AS key, chain, line, product, {_STARTED_AT}, started_by, {_ENDED_AT}, ended_by,
       is_aborted, comment, overrides::text AS overrides, reason, signature, sha256, plant
FROM batch""",  # noqa: S608 - our own words
    "batch_stage": f"""
SELECT batch || ' ' || number AS key, stage, zones, {_BEGAN_AT}, {_ENDED_AT}, who
FROM batch_stage""",  # noqa: S608 - our own words
}
_NOT_ENDED: Facts = {"ended_at": None, "ended_by": "", "is_aborted": False, "comment": ""}
_AS_SAID = ("line", "product", "reason", "signature", "sha256")


@dataclass(slots=True)
class _Told:
    """What the lines so far come to.

    Attributes:
        plants: the plant in force on each chain.
        stages: of each chain's batches that run, how many stages they have come to.
    """

    plants: dict[str, str] = field(default_factory=dict)
    stages: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, row: asyncpg.Record, body: Facts) -> Iterator[tuple[str, str, Facts]]:
        """Say of which rows a line speaks; of a batch that does not run on its chain it says nothing."""
        chain, batch = row["chain"], str(body.get("batch"))
        if row["kind"] in {"start", "plant"}:
            self.plants[chain] = str(body.get("plant"))
        elif row["kind"] == STARTED:
            self.stages[chain, batch] = 1
            yield "batch", batch, self._begun(chain, body)
            yield "batch_stage", f"{batch} 1", _stage(body)
        elif (chain, batch) in self.stages:
            number = self.stages.pop((chain, batch))
            yield "batch_stage", f"{batch} {number}", {"ended_at": body.get("at")}
            if row["kind"] == STAGE:
                self.stages[chain, batch] = number + 1
                yield "batch_stage", f"{batch} {number + 1}", _stage(body)
            else:
                yield "batch", batch, _ended(body)

    def _begun(self, chain: str, body: Facts) -> Facts:
        return {
            "chain": chain,
            "started_at": body.get("at"),
            "started_by": body.get("who"),
            "overrides": json.dumps(body.get("overrides"), ensure_ascii=False),
            **{name: body.get(name) for name in _AS_SAID},
            **({"plant": self.plants[chain]} if chain in self.plants else {}),
            **_NOT_ENDED,
        }


def _stage(body: Facts) -> Facts:
    facts = {name: body.get(name) for name in ("stage", "zones", "who")}
    return {**facts, "began_at": body.get("at"), "ended_at": None}


def _ended(body: Facts) -> Facts:
    facts = {name: body.get(name) for name in ("is_aborted", "comment")}
    return {**facts, "ended_at": body.get("at"), "ended_by": body.get("who")}


def check_batches(connection: Connection, wrong: set[tuple[str, int]]) -> AsyncGenerator[Finding, None]:
    """Compare batches with the book.

    Args:
        connection: in a transaction.
        wrong: lines of the book, by chain and number, that are not to be believed.

    Returns:
        What is wrong, batches first, in the order of their ids.
    """
    shape = Shape(_LINES, _STORED, _Told().of, renewed=frozenset(_STORED), beginnings=frozenset({STARTED}))
    return check_kept(connection, wrong, shape)
