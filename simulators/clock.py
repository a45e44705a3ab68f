"""The one place of the simulators that asks for the wall time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the wall time, in UTC."""
    return datetime.now(UTC)
