"""What can be said of a channel, a plate or a batch."""

from enum import StrEnum


class Verdict(StrEnum):
    """What the figures say of a channel, a plate or a batch."""

    WITHIN = "within"
    ALERT = "alert"
    ACTION = "action"
    INCOMPLETE = "incomplete"
    """Something is missing, so that nobody can say."""


BY_WEIGHT = (Verdict.WITHIN, Verdict.ALERT, Verdict.INCOMPLETE, Verdict.ACTION)
"""From the best to the worst: what is too much already stays so, whatever else comes."""
