"""Holds the registers against the book: instruments, accounts, training, tokens.

Whatever a person says of these is written in one transaction with its line, so each row must stand as its lines say.
What the book is never told, a password and the secret of a second factor, cannot be held against it. A signature is a
line of the book itself.
"""

from collections.abc import Iterator

import asyncpg

from monitor.store.verify_kept import Facts, Shape

_LINES = """
SELECT chain, seq, at, kind, who, body FROM book
WHERE body ? 'what' AND jsonb_typeof(body -> 'new') = 'object' OR kind = 'token_revoked'
ORDER BY at, chain, seq"""
_NEVER_SAID: Facts = {"locked_at": None, "disabled_at": None, "oidc_issuer": "", "oidc_subject": ""}
"""How an account stands of which a line says nothing else."""
_OF_ACCOUNTS = frozenset({"role", "display", "language", "must_change", *_NEVER_SAID})
_TOLD_BY_THE_LINE = {"noted_by": "who", "noted_at": "at", "reason": "reason"}
_INSTRUMENT = (
    *("number", "instrument", "since", "category", "serial", "certificate", "calibrated_on", "due_on"),
    *("iq_on", "oq_on", "pq_on", "qualified_until"),
)

_STORED = {
    "calibration": f"SELECT number AS key, {', '.join((*_INSTRUMENT, *_TOLD_BY_THE_LINE))} FROM calibration",  # noqa: S608
    "calibration_confirmed": "SELECT number AS key, confirmed_by, confirmed_at FROM calibration_confirmed",
    "person": f"SELECT name AS key, created_at, {', '.join(sorted(_OF_ACCOUNTS))} FROM person",  # noqa: S608
    "training": "SELECT person || ' ' || what AS key, valid_from, valid_until, noted_by, noted_at FROM training",
    "token": "SELECT name AS key, deeds, made_by, made_at, ends_at, revoked_at FROM token",
}


def _of(row: asyncpg.Record, body: Facts) -> Iterator[tuple[str, str, Facts]]:
    """Yield of which row of which table a line speaks, and what it says of it."""
    at, who, what = row["at"], row["who"], str(body["what"])
    new, reason = body.get("new") or {}, str(body.get("reason", ""))
    match row["kind"]:
        case "instrument_noted":
            facts = {name: new.get(name) for name in _INSTRUMENT}
            said = {"noted_by": who, "noted_at": at, "reason": reason}
            yield "calibration", str(new.get("number")), facts | said
        case "instrument_confirmed":
            yield "calibration_confirmed", str(new.get("number")), {"confirmed_by": who, "confirmed_at": at}
        case "account_added":
            yield "person", what, {**_NEVER_SAID, **new, "created_at": at}
        case "training_noted":
            facts = {"valid_from": new.get("from"), "valid_until": new.get("until")}
            yield "training", f"{what} {new.get('subject')}", facts | {"noted_by": who, "noted_at": at}
        case "token_made":
            facts = {"deeds": new.get("deeds"), "ends_at": new.get("until"), "revoked_at": None}
            yield "token", what, facts | {"made_by": who, "made_at": at}
        case "token_revoked":
            yield "token", what, {"revoked_at": at}
        case _ if new and new.keys() <= _OF_ACCOUNTS:
            yield "person", what, new


REGISTERS = Shape(
    _LINES, _STORED, _of, frozenset({"person", "token"}), frozenset({"account_added", "token_made"})
)
