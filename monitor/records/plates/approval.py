"""What is signed where plates are approved. Pure."""

from collections.abc import Sequence
from typing import Any

from monitor.store.viable import Sample, State, told_step


def approved_content(samples: Sequence[Sample]) -> dict[str, Any]:
    """Write down what one signature approves: every step of each plate before its approval; JSON.

    Args:
        samples: the plates that were approved at once, in any order, also after they were.
    """
    return {
        "plates": [
            {"code": one.code, "steps": _steps(one)} for one in sorted(samples, key=lambda one: one.number)
        ]
    }


def _steps(sample: Sample) -> list[dict[str, Any]]:
    states = [step.state for step in sample.steps]
    # The last approval: an earlier one is void since the correction behind it.
    last = len(states) - 1 - states[::-1].index(State.APPROVED) if State.APPROVED in states else len(states)
    return [
        {**told_step(step), "at": step.at.isoformat(), "who": step.who, "reason": step.reason}
        for step in sample.steps[:last]
    ]
