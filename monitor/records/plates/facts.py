"""What is noted with each step of a plate's life: what may stand there, and how it is written."""

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from monitor.store.viable import State

CFU_MAX = 9999
"""More than any plate of 90 mm can show as single colonies; what cannot be counted is said so."""

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Volume: TypeAlias = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class _Noted(BaseModel):
    """What is noted with any step.

    Attributes:
        by: who took it, where a system of the site tells of it; a person's own step names nobody else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    by: Name | None = None

    def told(self) -> dict[str, Any]:
        """Write it as JSON, as it is kept."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


class Exposed(_Noted):
    """It lies open, or was pressed, from a moment on; of one that was open and closed before: until when, too."""

    from_: AwareDatetime = Field(alias="from")
    until: AwareDatetime | None = None
    volume_l: Volume | None = None
    run: AwareDatetime | None = None
    """When the air sampler's run began."""


class Collected(_Noted):
    """It was closed."""

    until: AwareDatetime
    volume_l: Volume | None = None
    run: AwareDatetime | None = None


class Incubating(_Noted):
    """It was put into an incubator.

    Attributes:
        step: which step of its incubation, from 1.
        lot: of the medium.
    """

    step: int = Field(ge=1, le=10)
    lot: Name
    celsius: float | None = Field(default=None, ge=-20, le=80, allow_inf_nan=False)
    incubator: Name | None = None


class Read(_Noted):
    """It was counted, and what grows was named; more than can be counted is no figure."""

    cfu: int | None = Field(default=None, ge=0, le=CFU_MAX)
    too_many: bool = False
    organism: Name | None = None
    species: Name | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.cfu is None) != self.too_many:
            raise ValueError("give either the count, or that they are too many to count")
        if not self.has_growth and (self.organism or self.species):
            raise ValueError("nothing grew, so nothing can be named")
        if self.species and not self.organism:
            raise ValueError("give the organism with its species")
        return self

    @property
    def has_growth(self) -> bool:
        """Something grows."""
        return self.too_many or bool(self.cfu)


class Nothing(_Noted):
    """There is nothing to note but who, when and why."""


Facts: TypeAlias = Exposed | Collected | Incubating | Read | Nothing

_OF: Mapping[State, type[Facts]] = {
    State.EXPOSED: Exposed,
    State.COLLECTED: Collected,
    State.INCUBATING: Incubating,
    State.READ: Read,
}
"""What each step notes; all others note nothing."""


def facts_of(state: State, written: Any) -> Facts:  # noqa: ANN401 - JSON
    """Read what was noted with a step.

    Raises:
        pydantic.ValidationError: it is not what belongs to that step.
    """
    return _OF.get(state, Nothing).model_validate(written)
