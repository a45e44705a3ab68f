"""Makes a Parquet file out of whole rows as COPY writes them: the same columns, typed, and nothing else."""

import io
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
from pyarrow import csv, parquet

from monitor.store.whole_rows import FACTS, WholeSeries

READ_BYTES = 1 << 20
"""Of so much text the columns are made at once: it fits into the processor's cache."""

_TIME = pa.timestamp("us", tz="UTC")
_TYPES = dict(
    zip(
        FACTS,
        (_TIME, _TIME, _TIME, pa.int16(), pa.string(), pa.int32(), pa.string(), pa.string()),
        strict=True,
    )
)
_QUALITIES = pa.list_(pa.int16())


class WholeParquet:
    """A file of one series, written block by block. Blocks for a thread, not for an event loop."""

    def __init__(self, file: Path, series: WholeSeries) -> None:
        """Begin a file."""
        values = dict.fromkeys(series.channels, pa.float64())
        read = pa.schema({**_TYPES, **values})
        self._read = csv.ReadOptions(use_threads=False, block_size=READ_BYTES, column_names=read.names)
        self._convert = csv.ConvertOptions(
            column_types=read, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        )
        self._qualities = pa.field("qualities", _QUALITIES)
        schema = read.set(FACTS.index("qualities"), self._qualities)
        # Numbers of a sensor repeat in their first bytes, and seldom as a whole.
        self._writer: Any = parquet.ParquetWriter(
            file,
            schema,
            compression="zstd",
            use_dictionary=False,
            use_byte_stream_split=list(series.channels),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def add(self, lines: bytes) -> None:
        """Write whole lines of CSV as one row group."""
        table = csv.read_csv(io.BytesIO(lines), self._read, convert_options=self._convert)
        column = FACTS.index("qualities")
        self._writer.write_table(table.set_column(column, self._qualities, _rated(table.column(column))))


def _rated(cells: Any) -> Any:  # noqa: ANN401 - a column, read and made
    """Read the qualities of each row."""
    if cells.null_count == len(cells):
        return pa.nulls(len(cells), _QUALITIES)
    rows = [None if cell is None else cell.split() for cell in cells.to_pylist()]
    return pa.array([row and [None if one == "-" else int(one) for one in row] for row in rows], _QUALITIES)
