"""Makes a Parquet file out of rows as COPY writes them, piece by piece, without a Python object for each value."""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

_WORD = pa.dictionary(pa.int32(), pa.string())
_READ = csv.ReadOptions(use_threads=False, column_names=["time", "value", "quality"])
_CONVERT = csv.ConvertOptions(
    column_types={"time": pa.int64(), "value": pa.float64(), "quality": pa.int32()}, null_values=[""]
)


class ParquetFile:
    """A file that is made row group by row group; what is ready is handed out at once. Never on the event loop."""

    def __init__(self, time_zone: str, qualities: Sequence[str]) -> None:
        """Begin a file.

        Args:
            time_zone: an IANA name, in which readers show the times; they are instants all the same.
            qualities: the words of the qualities, by number.
        """
        self._time = pa.timestamp("us", tz=time_zone)
        self._schema = pa.schema(
            {
                "time": self._time,
                "channel": _WORD,
                "value": pa.float64(),
                "unit": _WORD,
                "quality": _WORD,
                "instrument": _WORD,
            }
        )
        self._qualities = pa.array(qualities)
        self._pieces = _Pieces()
        self._writer: Any = parquet.ParquetWriter(self._pieces, self._schema, compression="zstd")

    def add(self, words: tuple[str, str, str], rows: bytes) -> bytes:
        """Write rows of one channel as one row group.

        Args:
            words: its id, its unit, and how its instrument stood.
            rows: whole lines of CSV: microseconds since 1970 (UTC), value, number of the quality.

        Returns:
            The next piece of the file.
        """
        read = csv.read_csv(io.BytesIO(rows), _READ, convert_options=_CONVERT).combine_chunks()
        first = pa.array([0] * read.num_rows, pa.int32())
        channel, unit, instrument = (pa.DictionaryArray.from_arrays(first, pa.array([one])) for one in words)
        columns = [
            read["time"].cast(self._time),
            channel,
            read["value"],
            unit,
            pa.DictionaryArray.from_arrays(read["quality"].combine_chunks(), self._qualities),
            instrument,
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        return self._pieces.take()

    def end(self) -> bytes:
        """Write the file's footer, without which nobody can read it, and return the last piece."""
        self._writer.close()
        return self._pieces.take()


class _Pieces(io.RawIOBase):
    """A file that is only written to, and gives away what it has."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, piece: Any) -> int:  # noqa: ANN401 - whatever holds bytes
        self._held += piece
        self._position += len(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken
