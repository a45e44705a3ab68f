"""Writes readings into a file on this machine, as the server's exports do."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from config.faults import MendableError
from monitor.store.catalog import UnknownChannelError
from monitor.store.database import open_pool
from monitor.store.export import Asked, Language, OutputError, Write, write_csv, write_parquet


class ExportError(MendableError):
    """The file cannot be written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What is to be exported from where, and into which file; it gets that name only once it is whole."""

    database_url: str
    asked: Asked
    file: Path
    language: Language = Language.EN


async def export(settings: ExportSettings) -> int:
    """Write the file.

    Returns:
        Its size in bytes.

    Raises:
        ExportError: a channel is not stored, or the file cannot be written.
        DatabaseError: the database cannot be reached, or refuses.
    """
    write = _writers(settings.language).get(settings.file.suffix)
    if write is None:
        raise ExportError(f"{settings.file}: name it .csv or .parquet")
    part = settings.file.with_name(settings.file.name + ".part")
    pool = await open_pool(settings.database_url)
    try:
        with part.open("wb") as file:
            await write(pool, settings.asked, partial(_append, file))
        part.rename(settings.file)
    except (OSError, OutputError) as error:
        raise ExportError(f"{part}: {getattr(error, 'strerror', error)}") from error
    except UnknownChannelError as error:
        raise ExportError(str(error)) from error
    finally:
        part.unlink(missing_ok=True)
        await pool.close()
    return settings.file.stat().st_size


def _writers(language: Language) -> dict[str, Write]:
    return {".csv": partial(write_csv, language=language), ".parquet": write_parquet}


async def _append(file: IO[bytes], piece: bytes) -> None:
    await asyncio.to_thread(file.write, piece)
