"""A file held against its model: its sound rows, and a Fault for everything else."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from reprlib import Repr
from typing import Generic, TypeVar, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from config.faults import Fault, nearest
from config.source import Keys, Source
from config.written import Written

T = TypeVar("T", bound=Written)

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 40

_PROBLEMS = {
    "string_type": "not text (put quotes around it if it is meant as text)",
    "int_type": "not a whole number",
    "float_type": "not a number",
    "bool_type": "not true or false",
    "list_type": "not a list",
    "model_type": "not a mapping of keys",
    "dict_type": "not a mapping of keys",
    "string_pattern_mismatch": "not in the right form",
    "string_too_short": "empty",
    "string_too_long": "longer than {max_length} letters",
    "string_unicode": "not text that can be kept",
    "finite_number": "not a finite number",
    "greater_than": "not above {gt:g}",
    "greater_than_equal": "below {ge:g}",
    "less_than_equal": "above {le:g}",
    "too_short": "shorter than {min_length}",
    "too_long": "longer than {max_length}",
}


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One sound row of a section, and where it stands."""

    written: T
    source: Source
    keys: Keys

    def fault(self, message: str, *keys: str | int) -> Fault:
        """Make a Fault at this row, or at one of its keys."""
        return self.source.fault(message, *self.keys, *keys)


@dataclass(frozen=True, slots=True)
class Checked:
    """One file held against its model.

    Attributes:
        data: the file as data, repeated entries written out.
        written: the file as its model, if it is sound.
        bad: where faults were found: (key,) or (section, index).
        origin: where a place of `data` stands in the file.
    """

    source: Source
    data: Mapping[str | int, object]
    written: Written | None
    bad: frozenset[Keys]
    origin: Callable[[Keys], Keys]

    def listed(self, section: str) -> list[object]:
        """Give the rows of one section as written, sound or not."""
        written = self.data.get(section)
        return written if isinstance(written, list) else []

    def rows(self, section: str, model: type[T]) -> Iterator[Row[T]]:
        """Give the sound rows of one section."""
        known: Sequence[T] | None = getattr(self.written, section, None)
        for place, raw in enumerate(self.listed(section)):
            if not self.bad & {(section,), (section, place)}:
                row = model.model_validate(raw) if known is None else known[place]
                yield Row(row, self.source, self.origin((section, place)))

    def ids(self, section: str) -> Iterator[str]:
        """Give every id written in one section, of sound rows and of others."""
        for raw in self.listed(section):
            if isinstance(raw, dict) and isinstance(raw.get("id"), str):
                yield raw["id"]


def check(
    model: type[Written],
    source: Source,
    data: object,
    faults: list[Fault],
    origin: Callable[[Keys], Keys] = lambda keys: keys,
) -> Checked:
    """Hold a file's data against its model.

    Args:
        model: what the whole file may be.
        source: the file.
        data: its data, repeated entries written out.
        faults: what is wrong is added here.
        origin: where a place of `data` stands in the file.
    """
    if not isinstance(data, dict):
        faults.append(
            source.fault("is not a mapping of keys; begin with one, for example plant: or profile:")
        )
        return Checked(source, {}, None, frozenset({()}), origin)
    written = None
    bad: set[Keys] = set()
    try:
        written = model.model_validate(data)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            keys = tuple(key for key in details["loc"] if key != "[key]")
            bad.add(keys[:2] if keys and isinstance(data.get(keys[0]), list) else keys[:1])
            faults.append(
                source.fault(_message(model, details, _stands(source, origin, keys)), *origin(keys))
            )
    return Checked(source, data, written, frozenset(bad), origin)


def _stands(source: Source, origin: Callable[[Keys], Keys], keys: Keys) -> Keys:
    """Cut what the model added: a delay written as one number has no `alert` and `action` in the file."""
    while origin(keys) not in source.lines:
        keys = keys[:-1]
    return keys


def _message(model: type[Written], details: ErrorDetails, stands: Keys) -> str:
    keys = details["loc"] if details["type"] in {"missing", "extra_forbidden", "invalid_key"} else stands
    name = next((key for key in reversed(keys) if isinstance(key, str)), "")
    name = name if name.isprintable() else repr(name)
    around, field = _field(model, keys)
    description = field.description if field else None
    match details["type"]:
        case "extra_forbidden" | "invalid_key":
            return f"unknown key {keys[-1]!r}; {nearest(keys[-1], _known(around))}"
        case "missing":
            return f"missing key {name!r}; write {name}: {description}"
        case "value_error":
            where = f"{name}: " if keys and isinstance(keys[-1], str) else ""
            return f"{where}{details['ctx']['error']}"
        case "enum" | "literal_error":
            problem = f"not {details['ctx']['expected']}"
        case kind:
            problem = _PROBLEMS.get(kind, details["msg"]).format_map(details.get("ctx", {}))
    if isinstance(details["input"], dict) and list(details["input"].values()) == [None]:
        problem += " (put quotes around a name in braces)"
    return (
        f"{name} is {_SHORT.repr(details['input'])}, {problem}; write {description or 'what belongs there'}"
    )


def _known(model: type[Written]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _field(model: type[Written], keys: Keys) -> tuple[type[Written], FieldInfo | None]:
    """Find the model around the last key, and the field that the last key of a model names."""
    field = None
    for place, key in enumerate(keys):
        named = next((f for name, f in model.model_fields.items() if key == (f.alias or name)), None)
        field = named or field
        inner = _model_in(named.annotation) if named else None
        if inner and place < len(keys) - 1:
            model = inner
    return model, field


def _model_in(annotation: object) -> type[Written] | None:
    if isinstance(annotation, type) and issubclass(annotation, Written):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
