"""The outer edge of the command: what a person typed is read, and what a person can put right becomes one line."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer

from config.faults import MendableError, PlantFaults
from config.load import load
from config.plant import Plant
from monitor.versions import Versions, VersionsError

T = TypeVar("T")


def give_up(why: Exception | str) -> NoReturn:
    """Say why, and end with status 1."""
    typer.echo(str(why), err=True)
    raise typer.Exit(1) from None


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end, and return what it gives; give up where a person can mend what went wrong."""
    try:
        return asyncio.run(work)
    except MendableError as error:
        give_up(error)


def loaded(plant_dir: Path) -> Plant:
    """Load the plant in a folder; give up where it has faults."""
    try:
        return load(plant_dir)
    except PlantFaults as faults:
        give_up(faults)


def in_force(plant_dir: Path, data: Path) -> Plant:
    """Load the plant that is in force in a data folder; where none was ever, the one that is given."""
    try:
        return Versions(data).plant_in_force() or load(plant_dir)
    except (PlantFaults, VersionsError) as error:
        give_up(error)


def instant(text: str) -> datetime | None:
    """Read a time with its zone; None for an empty text.

    Raises:
        typer.BadParameter: it is no time, or has no zone.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; give a time such as 2026-11-21T08:00:00Z") from None
    if at.tzinfo is None:
        raise typer.BadParameter(f"{text} has no time zone; end it with Z or +08:00")
    return at
