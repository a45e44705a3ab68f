"""How often each number stands in a column, by a library that counts ten times as fast as Python does. Pure."""

from array import array
from collections.abc import Iterable
from typing import Any, TypeAlias

import pyarrow as pa
from pyarrow import compute

Frequencies: TypeAlias = "tuple[array[float], array[int]]"
"""Numbers, each once, ascending; and how often each stands there."""


def count(column: "array[float]") -> Frequencies:
    """Count the numbers of a column; NaN is none, and zero has no sign."""
    counted = compute.add(_wrapped(pa.float64(), column), 0.0).value_counts()
    values, times = counted.field("values"), counted.field("counts")
    is_number = compute.invert(compute.is_nan(values))
    return _ordered(values.filter(is_number), times.filter(is_number))


def add(several: Iterable[Frequencies]) -> Frequencies:
    """Add what was counted by itself."""
    values, times = array("d"), array("q")
    for some, often in several:
        values += some
        times += often
    every = pa.table({"value": _wrapped(pa.float64(), values), "times": _wrapped(pa.int64(), times)})
    added = every.group_by("value", use_threads=False).aggregate([("times", "sum")]).combine_chunks()
    return _ordered(*(added[name].combine_chunks() for name in ("value", "times_sum")))


def _ordered(values: Any, times: Any) -> Frequencies:  # noqa: ANN401 - the library brings no types
    order = compute.array_sort_indices(values)
    return _unwrapped("d", values.take(order)), _unwrapped("q", times.take(order))


def _wrapped(kind: Any, column: "array[Any]") -> Any:  # noqa: ANN401 - the library brings no types
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(column)])


def _unwrapped(kind: str, column: Any) -> "array[Any]":  # noqa: ANN401 - the library brings no types
    numbers: array[Any] = array(kind)
    # Behind its numbers a buffer may be longer than they are.
    numbers.frombytes(memoryview(column.buffers()[1])[: len(column) * numbers.itemsize])
    return numbers
