"""Tables of what stood around a batch: its stages and zones, the plant and its clocks."""

from collections.abc import Iterable

from monitor.records.report.blocks import Block, Column, cell, table
from monitor.records.report.figures import NOTHING
from monitor.records.report.telling import Telling, Told


def stages(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set the stages of the batch."""
    say = telling.words
    return table(
        [
            Column(say("stage"), 0.8),
            *(Column(say(one)) for one in ("from", "until")),
            Column(say("duration"), right=True),
            Column(say("zones"), 1.0),
            Column(say("who")),
        ],
        [
            [
                cell(telling.label(one["label"]), say("set_up") if one["is_set_up"] else "", strong=True),
                telling.time(one["began_at"]),
                telling.time(one["ended_at"], say("not_ended")),
                telling.lasted(one["began_at"], one["ended_at"]),
                telling.joined(one["zones"]),
                one["who"],
            ]
            for one in rows
        ],
        empty=say("none"),
    )


def zones(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set the zones of the batch, and what went on in them."""
    say = telling.words
    return table(
        [Column(say("zone"), 1.0), *(Column(say(one)) for one in ("grade", "occupancy", "from", "until"))],
        [
            [
                cell(telling.label(zone["label"]), zone["id"]) if one is zone["occupancy"][0] else "",
                zone["grade"],
                say.member("occupancy", one["occupancy"]),
                telling.time(one["since"]),
                telling.time(one["until"]),
            ]
            for zone in rows
            for one in zone["occupancy"]
        ],
        empty=say("none"),
    )


def versions(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set the versions of the plant that were in force."""
    say = telling.words
    return table(
        [*(Column(say(one)) for one in ("version", "from", "until", "who")), Column(say("change"), 1.0)],
        [
            [
                cell(one["sha256"][:32], one["sha256"][32:]),
                telling.time(one["since"]),
                telling.time(one["until"], NOTHING),
                telling.joined([one["who"], one["second"]]),
                say.member("version", one["what"]),
            ]
            for one in rows
        ],
        empty=say("none"),
    )


def changes(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set what changed in the plant, and by whom."""
    say = telling.words
    return table(
        [Column(say("at")), Column(say("change"), 1.0), Column(say("who"))],
        [[telling.time(one["at"]), say.label(one["what"]), one["who"]] for one in rows],
        empty=say("none"),
    )


def clocks(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set when a clock was wrong, or a collector stood still."""
    say = telling.words
    return table(
        [Column(say("from")), Column(say("until")), Column(say("what"), 1.0)],
        [
            [telling.time(one["from"]), telling.time(one["until"], NOTHING), telling.label(one["text"])]
            for one in rows
        ],
        empty=say("none"),
    )
