"""A clock whose hands the test moves."""

from datetime import UTC, datetime, timedelta


class Hands:
    """Tells the time that the test has set."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    async def sleep_until(self, at: datetime) -> None:
        """Time passes only by `pass_s`: nobody here may wait for it."""
        raise AssertionError(f"something waits until {at}")
