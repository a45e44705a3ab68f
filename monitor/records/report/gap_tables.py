"""Tables of what is missing, and for what the batch is not complete."""

from collections import Counter
from collections.abc import Sequence

from monitor.records.report.blocks import Block, Cell, Column, cell, table
from monitor.records.report.telling import Telling


def gaps(telling: Telling) -> Block:
    """Set every gap; channels of one device that lack the same values stand in one row."""
    say = telling.words
    together: dict[tuple[str, str, str, str, int], list[str]] = {}
    for channel in telling.told["channels"]:
        for gap in channel["gaps"]:
            key = (gap["from"], gap["until"], channel["device"], gap["cause"], gap["rows"])
            together.setdefault(key, []).append(channel["id"].removeprefix(f"{channel['device']}/"))
    return table(
        [
            Column(say("from")),
            Column(say("until")),
            Column(say("duration"), right=True),
            Column(say("equipment")),
            Column(say("cause")),
            Column(say("rows"), right=True),
            Column(say("channel"), 1.0),
        ],
        [
            [
                telling.time(since),
                telling.time(until),
                telling.lasted(since, until),
                device,
                say.member("dossier_cause", cause),
                str(rows),
                say.comma.join(sorted(ids)),
            ]
            for (since, until, device, cause, rows), ids in sorted(together.items())
        ],
        empty=say("none"),
    )


def silences(telling: Telling) -> Block:
    """Set when values were missing, whatever lacked them at the same time and for the same cause in one row."""
    say = telling.words
    together: dict[tuple[str, str, str], Counter[str]] = {}
    for channel in telling.told["channels"]:
        for gap in channel["gaps"]:
            silent = together.setdefault((gap["from"], gap["until"], gap["cause"]), Counter())
            silent[channel["device"]] += 1
    return table(
        [
            Column(say("from")),
            Column(say("until")),
            Column(say("duration"), right=True),
            Column(say("cause")),
            Column(say("channels_n"), right=True),
            Column(say("equipment"), 1.0),
        ],
        [
            [
                telling.time(since),
                telling.time(until),
                telling.lasted(since, until),
                say.member("dossier_cause", cause),
                str(silent.total()),
                say.comma.join(f"{device} ({n})" for device, n in sorted(silent.items())),
            ]
            for (since, until, cause), silent in sorted(together.items())
        ],
        empty=say("none"),
    )


def lacking(telling: Telling, most: int | None = None) -> Block:
    """Set what is lacking; what says the same of many stands in one row.

    Args:
        telling: the dossier.
        most: so many rows of each kind; None: all of them.
    """
    say = telling.words
    by_kind: dict[str, dict[str, list[str]]] = {}
    for lack in telling.told["lacks"]:
        same = by_kind.setdefault(lack["kind"], {})
        same.setdefault(telling.label(lack["text"]), []).append(lack["id"])
    rows: list[Sequence[Cell]] = []
    for kind, same in by_kind.items():
        word = say.member("lack", kind)
        shown = list(same.items())[:most]
        rows.extend([word, _named(telling, ids), said] for said, ids in shown)
        if left := sum(map(len, same.values())) - sum(len(ids) for _, ids in shown):
            rows.append([word, "", say("lacking_more", n=left, section=say("s_complete"))])
    return table([Column(say("lack")), Column("ID", 0.6), Column(say("what"), 1.0)], rows, empty=say("none"))


def _named(telling: Telling, ids: Sequence[str]) -> Cell:
    return ids[0] if len(ids) == 1 else cell(ids[0], telling.words("and_more", n=len(ids) - 1))
