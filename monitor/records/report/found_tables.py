"""Tables of what people found and signed: plates, tests, instruments, deviations, reviews, signatures."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from monitor.records.report.blocks import Block, Cell, Column, cell, table
from monitor.records.report.figures import NOTHING, figure, spelt
from monitor.records.report.telling import Telling, Told


def plates(telling: Telling, rows: Sequence[Told]) -> Block:
    """Set plates: each zone once, in the order of the batch's zones, and in each as they come."""
    say = telling.words
    places = {zone: place for place, zone in enumerate(telling.zones)}
    ordered = sorted(rows, key=lambda one: (places.get(one["zone"], len(places)), one["zone"]))
    body: list[Sequence[Cell] | str] = []
    for zone, own in groupby(ordered, key=lambda one: one["zone"]):
        body.append(telling.zone_line(zone))
        body.extend(_plate(telling, one) for one in own)
    return table(
        [
            Column(say("plate")),
            Column(say("position"), 1.0),
            Column(say("exposed")),
            Column(say("result"), right=True),
            Column(say("organism"), 0.6),
            Column(say("people")),
            Column(say("verdict")),
        ],
        body,
        empty=say("no_viable"),
    )


def _plate(telling: Telling, one: Told) -> Sequence[Cell]:
    say = telling.words
    air = "" if one["volume_l"] is None else f"{figure(one['volume_l'], 0)} L"
    value = one["value"]
    result = "" if value is None else f"{figure(value, 0 if value == int(value) else 1)} {spelt(one['unit'])}"
    if one["is_too_many"]:
        result = say("too_many")
    people = [one["read_by"], one["verified_by"], one["approved_by"]]
    rules = [
        f"{say.member('rule', rule)}{say.colon}{say.member('verdict', verdict)}"
        for rule, verdict in one["verdicts"].items()
    ]
    return [
        cell(one["code"], say.member("plate_kind", one["kind"]), telling.stage_of(one["stage"])),
        cell(telling.label(one["label"]), one["position"], say("late") if one["is_late"] else ""),
        cell(telling.time(one["exposed_from"]), telling.time(one["exposed_until"]), air),
        cell(
            f"▲ {result}"
            if one["is_changed"] and result
            else result or say.member("plate_state", one["state"]),
            say("corrected") if one["is_changed"] else "",
            say.member("plate_state", one["state"]) if result else "",
            strong=one["is_changed"],
        ),
        cell(one["organism"], one["species"]),
        cell(*(name or NOTHING for name in people)),
        telling.verdict(one["verdict"], *rules),
    ]


def tests(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set tests of equipment."""
    say = telling.words
    return table(
        [
            Column("№", right=True),
            Column(say("test")),
            Column(say("equipment"), 0.8),
            Column(say("at")),
            Column(say("outcome")),
            Column(say("value"), right=True),
            Column(say("confirmed"), 1.0),
            Column(say("remarks"), 0.8),
        ],
        [_test(telling, one) for one in rows],
        empty=say("none"),
    )


def _test(telling: Telling, one: Told) -> Sequence[Cell]:
    say = telling.words
    tone = {"failed": "action", "pending": "incomplete"}
    noted = say("by", at=telling.time(one["noted_at"]), who=one["noted_by"])
    confirmed = say("not_confirmed")
    if one["confirmed_at"]:
        confirmed = say("by", at=telling.time(one["confirmed_at"]), who=one["confirmed_by"])
    remarks = (
        one["note"],
        say("load", load=one["load"]) if one["load"] else "",
        "" if one["of"] is None else say("belongs_to", n=one["of"]),
        "" if one["cycle_no"] is None else say("cycle", n=one["cycle_no"]),
    )
    return [
        str(one["number"]),
        say.member("test", one["kind"]),
        one["equipment"],
        telling.time(one["at"]),
        cell(say.member("outcome", one["outcome"]), tone=tone.get(one["outcome"], "plain")),
        "" if one["value"] is None else f"{figure(one['value'], 2)} {one['unit']}".rstrip(),
        cell(noted, confirmed, tone="plain" if one["confirmed_at"] else "incomplete"),
        cell(*([part for part in remarks if part] or [""])),
    ]


def instruments(telling: Telling, having: Sequence[Told]) -> Block:
    """Set the instruments of some channels, each once, with how many of them it measures."""
    say = telling.words
    found: dict[str, tuple[Told, int]] = {}
    for channel in having:
        one = channel["instrument"]
        found[one["id"]] = (one, found.get(one["id"], (one, 0))[1] + 1)
    return table(
        [
            Column(say("instrument"), 1.0),
            *(Column(say(one)) for one in ("state", "serial", "certificate", "due_on")),
            Column(say("channels_n"), right=True),
        ],
        [
            [
                name,
                cell(
                    say.member("instrument", one["state"]),
                    tone="incomplete" if one["state"] in ("overdue", "unqualified", "unknown") else "plain",
                ),
                one["serial"] or NOTHING,
                one["certificate"] or NOTHING,
                one["due_on"] or NOTHING,
                str(count),
            ]
            for name, (one, count) in sorted(found.items())
        ],
        empty=say("none"),
    )


def deviations(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set deviations with what was found and done."""
    say = telling.words

    def by(one: Told, step: str) -> str:
        at = one[f"{step}_at"]
        return say("by", at=telling.time(at), who=one[f"{step}_by"]) if at else say("not_yet")

    def found(one: Told) -> list[str]:
        parts: Mapping[str, str] = {
            "cause_found": one["cause"],
            "impact": one["impact"],
            "measure": one["action"],
        }
        return [f"{say(key)}{say.colon}{said}" for key, said in parts.items() if said]

    return table(
        [Column(say("number")), Column(say("subject"), 1.2), Column(say("about"), 1.0), Column(say("state"))],
        [
            [
                cell(one["number"], say.member("class", one["class"]) if one["class"] else "", strong=True),
                cell(one["title"], *found(one)),
                cell(*([f"{about['id']}" for about in one["about"]] or [""])),
                cell(
                    say.member("deviation_state", one["state"]),
                    *(f"{say(step)}{say.colon}{by(one, step)}" for step in ("opened", "assessed", "closed")),
                    tone="plain" if one["state"] == "closed" else "incomplete",
                ),
            ]
            for one in rows
        ],
        empty=say("none"),
    )


def reviews(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set each level of the review, and the release."""
    say = telling.words
    return table(
        [
            Column(say("level"), 0.8),
            *(Column(say(one)) for one in ("outcome", "who", "at")),
            Column(say("comment"), 1.0),
            Column("ID / SHA-256"),
        ],
        [
            [
                say("level_n", n=one["level"]) if one["level"] else say("release"),
                say.member("outcome", one["outcome"]),
                one["who"],
                telling.time(one["at"]),
                one["comment"],
                cell(one["signature"], f"{one['sha256'][:16]}…"),
            ]
            for one in rows
        ],
        empty=say("nobody_reviewed"),
    )


def signatures(telling: Telling, rows: Iterable[Told]) -> Block:
    """Set signatures as 21 CFR 11.50 asks: printed name, date and time, meaning."""
    say = telling.words
    standing = {True: "holds_yes", False: "holds_no", None: "holds_none"}
    tone = {True: "plain", False: "action", None: "incomplete"}
    return table(
        [
            Column(say("printed_name")),
            Column(say("user")),
            Column(say("meaning")),
            Column(say("signed_at")),
            Column(say("signed_what"), 1.0),
            Column("ID / SHA-256"),
            Column(say("holds")),
        ],
        [
            [
                cell(one["name"], strong=True),
                cell(one["who"], say.member("role", one["role"])),
                cell(say.member("meaning", one["meaning"]), strong=True),
                telling.time(one["at"]),
                cell(say.member("signed", one["what"]), one["of"]),
                cell(one["id"], f"{one['sha256'][:16]}…"),
                cell(say(standing[one["holds"]]), tone=tone[one["holds"]], strong=one["holds"] is False),
            ]
            for one in rows
        ],
        empty=say("none"),
    )
