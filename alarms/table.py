"""The ISA-18.2 states and what leads from one to another: one table, which `alarm.py` asks before it changes anything.

Every state meets every happening exactly once: either it is a move, with the states to which it may lead and the reason
that is recorded, or nothing changes, and the table says why. Sources: ISA-18.2-2016 and IEC 62682 (the states), OPC UA
Part 9 (latching).
Stricter than the standard's picture in one thing: hiding an alarm never pays the acknowledgement that it was owed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from alarms.events import AlarmState, Reason


class Happening(StrEnum):
    """What may happen to an alarm."""

    RAISE = "raise"
    """The condition has held for its on-delay."""
    CLEAR = "clear"
    """The condition has been over for its off-delay, and for its deadband."""
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    REALARM = "realarm"
    """It was acknowledged long ago and still holds."""
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    SHELVE_ENDS = "shelve_ends"
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    REMOVE = "remove"
    """Maintenance takes it out of service."""
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Move:
    """It leads to one of these states, for this reason."""

    to: frozenset[AlarmState]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing changes, because."""

    because: str


Row = Move | Stay

NORM, UNACK, ACKED, RTNUN = AlarmState.NORM, AlarmState.UNACK, AlarmState.ACKED, AlarmState.RTNUN
LATUN, LATAK = AlarmState.LATUN, AlarmState.LATAK
SHLVD, DSUPR, OOSRV = AlarmState.SHLVD, AlarmState.DSUPR, AlarmState.OOSRV

HIDDEN = (SHLVD, DSUPR, OOSRV)
SHOWN = (NORM, UNACK, ACKED, RTNUN, LATUN, LATAK)
_BACK = frozenset({NORM, UNACK, RTNUN, LATUN, LATAK})
"""Where an alarm may come back to when nothing hides it any more; never to ACKED: what still holds sounds again."""


def _move(reason: Reason, *to: AlarmState) -> Move:
    return Move(frozenset(to), reason)


def _moves(
    frm: tuple[AlarmState, ...], what: Happening, reason: Reason, *to: AlarmState
) -> dict[tuple[AlarmState, Happening], Row]:
    return {(state, what): _move(reason, *to) for state in frm}


def _stays(
    frm: tuple[AlarmState, ...], what: Happening, because: str
) -> dict[tuple[AlarmState, Happening], Row]:
    return {(state, what): Stay(because) for state in frm}


def _remains(
    frm: tuple[AlarmState, ...], what: Happening, reason: Reason
) -> dict[tuple[AlarmState, Happening], Row]:
    """Its facts change, and its state does not."""
    return {(state, what): _move(reason, state) for state in frm}


H = Happening

_CONDITION: dict[tuple[AlarmState, Happening], Row] = {
    (NORM, H.RAISE): _move(Reason.RAISED, UNACK),
    (RTNUN, H.RAISE): _move(Reason.RAISED_AGAIN, UNACK),
    (LATUN, H.RAISE): _move(Reason.RAISED_AGAIN, UNACK),
    (LATAK, H.RAISE): _move(Reason.RAISED_AGAIN, UNACK),
    **_stays((UNACK, ACKED), H.RAISE, "it is active already"),
    (UNACK, H.CLEAR): _move(Reason.CLEARED, RTNUN, LATUN),
    (ACKED, H.CLEAR): _move(Reason.CLEARED, NORM, LATAK),
    **_stays((NORM, RTNUN, LATUN, LATAK), H.CLEAR, "it is not active"),
}

_PERSON: dict[tuple[AlarmState, Happening], Row] = {
    (UNACK, H.ACKNOWLEDGE): _move(Reason.ACKNOWLEDGED, ACKED),
    (RTNUN, H.ACKNOWLEDGE): _move(Reason.ACKNOWLEDGED, NORM),
    (LATUN, H.ACKNOWLEDGE): _move(Reason.ACKNOWLEDGED, LATAK),
    **_stays((NORM, ACKED, LATAK), H.ACKNOWLEDGE, "there is nothing to be acknowledged"),
    **_stays(HIDDEN, H.ACKNOWLEDGE, "nobody is shown it, so nobody can have seen it"),
    (LATAK, H.RESET): _move(Reason.RESET, NORM),
    **_stays((UNACK, ACKED), H.RESET, "the condition still holds"),
    **_stays((LATUN,), H.RESET, "it is acknowledged first"),
    **_stays((NORM, RTNUN), H.RESET, "it is not latched"),
    **_stays(HIDDEN, H.RESET, "nobody is shown it"),
    (ACKED, H.REALARM): _move(Reason.RAISED_AGAIN, UNACK),
    **_stays(
        (NORM, UNACK, RTNUN, LATUN, LATAK), H.REALARM, "only what was acknowledged and holds sounds again"
    ),
    **_stays(HIDDEN, H.REALARM, "it is hidden"),
}

_HIDING: dict[tuple[AlarmState, Happening], Row] = {
    **_remains(HIDDEN, H.RAISE, Reason.RAISED),
    **_remains(HIDDEN, H.CLEAR, Reason.CLEARED),
    **_moves((*SHOWN, SHLVD), H.SHELVE, Reason.SHELVED, SHLVD),
    **_remains((DSUPR, OOSRV), H.SHELVE, Reason.SHELVED),
    (SHLVD, H.UNSHELVE): Move(_BACK, Reason.UNSHELVED),
    (SHLVD, H.SHELVE_ENDS): Move(_BACK, Reason.SHELVE_ENDED),
    **_remains((DSUPR, OOSRV), H.UNSHELVE, Reason.UNSHELVED),
    **_remains((DSUPR, OOSRV), H.SHELVE_ENDS, Reason.SHELVE_ENDED),
    **_stays(SHOWN, H.UNSHELVE, "it is not shelved"),
    **_stays(SHOWN, H.SHELVE_ENDS, "it is not shelved"),
    **_moves((*SHOWN, SHLVD, DSUPR), H.SUPPRESS, Reason.SUPPRESSED, DSUPR),
    **_remains((OOSRV,), H.SUPPRESS, Reason.SUPPRESSED),
    (DSUPR, H.UNSUPPRESS): Move(_BACK | {SHLVD, DSUPR}, Reason.UNSUPPRESSED),
    **_remains((OOSRV,), H.UNSUPPRESS, Reason.UNSUPPRESSED),
    **_stays((*SHOWN, SHLVD), H.UNSUPPRESS, "it is not suppressed"),
    **_moves((*SHOWN, SHLVD, DSUPR), H.REMOVE, Reason.OUT_OF_SERVICE, OOSRV),
    **_stays((OOSRV,), H.REMOVE, "it is out of service already"),
    (OOSRV, H.RETURN): Move(_BACK | {SHLVD, DSUPR}, Reason.IN_SERVICE),
    **_stays((*SHOWN, SHLVD, DSUPR), H.RETURN, "it is in service"),
}

TABLE: Mapping[tuple[AlarmState, Happening], Row] = {**_CONDITION, **_PERSON, **_HIDING}


def diagram() -> str:
    """Draw the moves as a Mermaid state diagram; what leads nowhere else is left out."""
    arrows: dict[tuple[AlarmState, AlarmState], list[str]] = {}
    for (state, what), row in TABLE.items():
        if isinstance(row, Move):
            for to in sorted(row.to - {state}):
                arrows.setdefault((state, to), []).append(what.value)
    lines = [f"    {frm} --> {to}: {', '.join(what)}" for (frm, to), what in sorted(arrows.items())]
    return "\n".join(["stateDiagram-v2", "    [*] --> NORM", *lines, ""])
