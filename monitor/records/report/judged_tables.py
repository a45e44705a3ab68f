"""Tables of what was judged: alarms, what was hidden, what was asked of the machines."""

from collections.abc import Iterable, Sequence

from monitor.notify.figures import duration
from monitor.records.report.blocks import Block, Cell, Column, cell, table
from monitor.records.report.figures import NOTHING
from monitor.records.report.telling import Telling, Told


def alarms(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set alarms, in the order of time, with who acknowledged them and how late."""
    say = telling.words
    return table(
        [
            Column(say("raised")),
            Column(say("duration"), right=True),
            Column(say("place"), 1.2),
            Column(say("priority")),
            Column(say("worst"), right=True),
            Column(say("acknowledged")),
            Column(say("remarks"), 1.0),
        ],
        [_alarm(telling, one) for one in rows],
        empty=say("none"),
    )


def _alarm(telling: Telling, one: Told) -> Sequence[Cell]:
    say = telling.words
    channel = telling.channels.get(one["channel"])
    late = one["ack_latency_s"]
    if one["acknowledged_at"] is None:
        seen = cell(say("not_acknowledged"), tone="plain" if one["explained"] else "alert")
    else:
        after = "" if late is None else say("after", s=duration(late))
        seen = cell(one["acknowledged_by"], telling.time(one["acknowledged_at"]), after)
    remarks = telling.joined(
        [
            one["deviation"],
            say("explained") if one["explained"] else "",
            say("first_out") if one["first_out"] else "",
            say("signed", id=one["signature"]) if one["signature"] else "",
        ]
    )
    about = one["comment"] or ("" if channel else telling.label(one["text"]))
    return [
        cell(telling.time(one["raised_at"]), telling.time(one["ended_at"], say("not_over"))),
        duration(one["duration_s"]),
        telling.alarm_of(one["id"]),
        cell(
            say.member("level", one["level"]),
            say.member("priority", one["priority"]),
            tone=one["level"] if one["level"] in ("alert", "action") and not one["explained"] else "plain",
        ),
        "" if channel is None else telling.worst(one, channel),
        seen,
        cell(about, remarks) if about else remarks,
    ]


def hidden(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set how alarms were hidden, by whom and why."""
    say = telling.words
    return table(
        [
            Column(say("alarm"), 1.2),
            *(Column(say(one)) for one in ("how", "from", "until", "who")),
            Column(say("reason"), 0.9),
        ],
        [
            [
                telling.alarm_of(one["alarm"]),
                say.member("how", one["how"]),
                telling.time(one["since"]),
                telling.time(one["until"], say("not_over")),
                telling.joined([one["who"], one["second"]]) or say("by_design"),
                telling.label(one["text"]),
            ]
            for one in rows
        ],
        empty=say("none"),
    )


def actions(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set what was asked of the machines, and whether it had its effect."""
    say = telling.words
    return table(
        [
            Column(say("action"), 1.0),
            Column(say("triggered")),
            Column(say("because"), 1.0),
            *(Column(say(one)) for one in ("state", "verified", "over")),
        ],
        [_action(telling, one) for one in rows],
        empty=say("none"),
    )


def _action(telling: Telling, one: Told) -> Sequence[Cell]:
    state = telling.words.member("protection", one["state"])
    return [
        cell(telling.label(one["label"]), one["protection"]),
        telling.time(one["triggered_at"]),
        cell(*(one["because"] or [""])),
        cell(state, telling.label(one["text"]), tone="action" if one["state"] == "FAILED" else "plain"),
        telling.time(one["verified_at"], NOTHING),
        cell(telling.time(one["ended_at"], NOTHING), one["who"]),
    ]
