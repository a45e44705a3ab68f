"""Lines for the book that wait on our own disk until the database has them.

A line is safe when `add` returns. Its number is never given again, so that the database can tell which it has.
"""

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.store.book import BookEntry

LINES_MAX = 100_000
"""Weeks of what people do; more is a database that nobody looks after."""
BUSY_S = 5.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS line (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SpoolError(Exception):
    """The file takes no line. One line: what is wrong, and what to do about it."""


class Spool:
    """One file of waiting lines. Its methods wait for the disk: call them in a thread, one at a time.

    Attributes:
        id: of this file, made with it.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            SpoolError: it cannot be used.
        """
        self._path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
            self._file.executescript(_SCHEMA)
            self._file.execute("INSERT OR IGNORE INTO spool VALUES (1, ?)", (secrets.token_hex(8),))
            self.id: str = self._file.execute("SELECT id FROM spool").fetchone()[0]
            path.chmod(0o600)

    def add(self, entry: BookEntry) -> None:
        """Write a line down, for good.

        Raises:
            SpoolError: the disk or the spool is full, or the disk fails.
        """
        with self._explained():
            if self.count() >= LINES_MAX:
                raise SpoolError(
                    f"{self._path} holds {LINES_MAX} lines; bring the database back to take them"
                )
            at_us = (entry.at - _EPOCH) // timedelta(microseconds=1)
            row = (at_us, entry.kind, entry.who, json.dumps(entry.body, allow_nan=False))
            self._file.execute("INSERT INTO line (at_us, kind, who, body) VALUES (?, ?, ?, ?)", row)

    def after(self, seq: int, most: int) -> list[tuple[int, BookEntry]]:
        """Give the next lines behind a number, in order, each with its own, as the database can keep them."""
        with self._explained():
            rows = self._file.execute(
                "SELECT seq, at_us, kind, who, body FROM line WHERE seq > ? ORDER BY seq LIMIT ?", (seq, most)
            ).fetchall()
        return [
            (
                number,
                BookEntry(_EPOCH + timedelta(microseconds=at_us), kind, _kept(who), _kept(json.loads(body))),
            )
            for number, at_us, kind, who, body in rows
        ]

    def forget(self, upto_seq: int) -> None:
        """Drop the lines up to and with a number: the database has them."""
        with self._explained():
            self._file.execute("DELETE FROM line WHERE seq <= ?", (upto_seq,))

    def count(self) -> int:
        """How many lines wait."""
        count: int = self._file.execute("SELECT count(*) FROM line").fetchone()[0]
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"{self._path}: {error}; look after that disk") from error


def _kept(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write a text as PostgreSQL can keep it: a line that it does not take would hold up all behind it, for good."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_kept(key): _kept(one) for key, one in value.items()}
    return [_kept(one) for one in value] if isinstance(value, list) else value
