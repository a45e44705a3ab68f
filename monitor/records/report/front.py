"""The first page of the report and its exceptions: what a reviewer looks at before anything else."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from monitor.records.report.blocks import Block, Cell, Column, cell, facts, heading, section, table
from monitor.records.report.channel_tables import exceptional
from monitor.records.report.figures import percentage
from monitor.records.report.found_tables import deviations, instruments, plates, signatures, tests
from monitor.records.report.gap_tables import lacking, silences
from monitor.records.report.judged_tables import alarms
from monitor.records.report.sections import passed_over
from monitor.records.report.telling import Telling, Told, beyond

_WORST = ("action", "incomplete", "alert", "within")
_LACKS_SHOWN = 3
"""Of each kind, on the first page."""
_IN_ORDER = ("in_order", "due_in_3_months", "due_in_1_month")


def front(telling: Telling) -> Block:
    """Tell on one page what the batch was, how it stands and what is lacking."""
    say, told = telling.words, telling.told
    whole = told["completeness"]
    count = len(told["lacks"])
    return {
        "title": say("title"),
        "plant": telling.label(told["plant"]["label"]),
        "facts": facts(_batch(telling)),
        "verdict": {
            "head": say("verdict"),
            "text": say.begun("verdict", told["verdict"]),
            "tone": told["verdict"],
        },
        "completeness": {
            "head": say("completeness"),
            "text": say("complete" if told["is_complete"] else "not_complete"),
            "tone": "within" if told["is_complete"] else "incomplete",
            "says": [
                say("complete_says") if count == 0 else say("not_complete_says", n=count),
                say(
                    "values_says",
                    valid=whole["valid"],
                    expected=whole["expected"],
                    percent=percentage(whole["percent"], 3),
                ),
            ],
        },
        "blocks": [
            heading(say("at_a_glance")),
            _glance(telling),
            *([heading(say("lacking")), _lacks(telling)] if count else []),
            heading(say("standing")),
            facts(_standing(telling)),
        ],
        "contents": say("contents"),
    }


def _batch(telling: Telling) -> Iterator[tuple[str, Cell]]:
    say, batch = telling.words, telling.told["batch"]
    yield say("batch"), cell(batch["id"], strong=True)
    yield say("product"), f"{telling.label(batch['product_label'])} ({batch['product']})"
    yield say("line"), f"{telling.label(batch['line_label'])} ({batch['line']})"
    yield say("zones"), telling.joined(f"{one['id']} ({one['grade']})" for one in telling.told["zones"])
    yield say("began"), say("by", at=telling.time(batch["started_at"]), who=batch["started_by"])
    if batch["ended_at"] is None:
        yield say("ended"), cell(say("still_runs"), tone="incomplete", strong=True)
        yield say("told_until"), telling.time(telling.told["told_at"])
    else:
        over = say("by", at=telling.time(batch["ended_at"]), who=batch["ended_by"])
        yield say("aborted" if batch["is_aborted"] else "ended"), over
        yield say("lasted"), telling.lasted(batch["started_at"], batch["ended_at"])
    yield say("plant_version"), telling.told["plant"]["sha256"]
    if batch["comment"]:
        yield say("comment"), batch["comment"]


def _glance(telling: Telling) -> Block:
    """Count everything by its verdict."""
    say, told = telling.words, telling.told
    rows: list[Sequence[Cell]] = []
    for name, some in (("s_channels", told["channels"]), ("s_viable", told["viable"])):
        found = Counter(one["verdict"] for one in some)
        rows.append([say(name), str(len(some)), _counted(telling, "verdict", found, _WORST)])
    levels = Counter(one["level"] for one in told["alarms"] if not one["explained"])
    rows.append(
        [
            say("alarms"),
            str(len(told["alarms"])),
            _counted(telling, "level", levels, ("action", "alert", "diagnostic")),
        ]
    )
    for name, of, some in (
        ("s_deviations", "deviation_state", [one["state"] for one in told["deviations"]]),
        ("tests", "outcome", [one["outcome"] for one in told["tests"]]),
        ("hidden", "how", [one["how"] for one in told["hidden"]]),
    ):
        rows.append([say(name), str(len(some)), _counted(telling, of, Counter(some), sorted(set(some)))])
    gaps = Counter(gap["cause"] for one in told["channels"] for gap in one["gaps"])
    rows.append([say("gaps"), str(gaps.total()), _counted(telling, "dossier_cause", gaps, ())])
    return table(
        [Column("", 0.5), Column(say("all"), right=True), Column(say("counted"), 1.2)],
        rows,
        empty=say("none"),
    )


def _counted(telling: Telling, of: str, found: Mapping[str, int], order: Sequence[str]) -> str:
    names = [*order, *sorted(set(found) - set(order))]
    return telling.joined(f"{telling.words.member(of, one)} {found[one]}" for one in names if found.get(one))


def _lacks(telling: Telling) -> Block:
    return lacking(telling, most=_LACKS_SHOWN)


def _standing(telling: Telling) -> Iterator[tuple[str, Cell]]:
    say, told = telling.words, telling.told
    holding = {one["id"]: one["holds"] for one in told["signatures"]}
    for one in told["reviews"]:
        name = say("level_n", n=one["level"]) if one["level"] else say("release")
        is_void = holding.get(one["signature"]) is False
        yield (
            name,
            cell(
                f"{say.member('outcome', one['outcome'])}{say.colon}"
                + say("by", at=telling.time(one["at"]), who=one["who"]),
                one["comment"],
                say("void") if is_void else "",
                tone="incomplete" if is_void or one["outcome"] == "rejected" else "plain",
            ),
        )
    if not any(one["level"] for one in told["reviews"]):
        yield say("s_signatures"), say("nobody_reviewed")
    if not any(one["level"] == 0 for one in told["reviews"]):
        yield say("release"), say("nobody_released")


def exceptions(telling: Telling, charts: Sequence[Block]) -> Block:
    """Tell everything that is not as it should be, with the charts of the channels it is about."""
    say = telling.words
    blocks = [*_measured(telling), *charts, *_found(telling), *_other(telling)]
    return section(say("s_exceptions"), blocks, say("exceptions_say") if blocks else say("no_exceptions"))


def _measured(telling: Telling) -> Iterator[Block]:
    say, told = telling.words, telling.told
    outside = beyond(told)
    channels = [one for one in told["channels"] if one["id"] in outside]
    if channels:
        yield heading(say("x_channels"))
        yield exceptional(telling, channels)
    if any(one["gaps"] for one in told["channels"]):
        yield heading(say("x_silent"), _also(telling))
        yield silences(telling)
    raised = [one for one in told["alarms"] if one["level"] != "diagnostic" and not one["explained"]]
    if raised:
        yield heading(say("x_alarms"))
        yield alarms(telling, raised)


def _also(telling: Telling) -> str:
    """Say how many reckoned channels are incomplete because what they are made from is."""
    count = sum(one["verdict"] == "incomplete" and not one["gaps"] for one in telling.told["channels"])
    return telling.words("x_reckoned", n=count) if count else ""


def _found(telling: Telling) -> Iterator[Block]:
    say, told = telling.words, telling.told
    unfit = [one for one in told["viable"] if one["verdict"] != "within" or one["is_changed"]]
    if unfit:
        yield heading(say("x_plates"), say("corrected_mark") if _is_changed(unfit) else "")
        yield plates(telling, unfit)
    failed = [one for one in told["tests"] if one["outcome"] != "passed" or one["confirmed_at"] is None]
    if failed:
        yield heading(say("x_tests"))
        yield tests(telling, failed)
    if told["deviations"]:
        yield heading(say("x_deviations"))
        yield deviations(telling, told["deviations"])


def _is_changed(rows: Sequence[Told]) -> bool:
    return any(one["is_changed"] for one in rows)


def _other(telling: Telling) -> Iterator[Block]:
    say, told = telling.words, telling.told
    yield from passed_over(telling)
    unfit = [
        one for one in told["channels"] if one["instrument"] and one["instrument"]["state"] not in _IN_ORDER
    ]
    if unfit:
        yield heading(say("x_instruments"))
        yield instruments(telling, unfit)
    void = [one for one in told["signatures"] if one["holds"] is False]
    if void:
        yield heading(say("x_signatures"))
        yield signatures(telling, void)
    if told["check"]["differs"]:
        yield heading(say("x_check"))
        yield table(
            [Column(say("channel"), 1.0)],
            [[telling.channel_of(one)] for one in told["check"]["differs"]],
            empty=say("none"),
        )
