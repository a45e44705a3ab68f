"""The sections of the report behind its exceptions: everything, in its place."""

from collections.abc import Iterator, Sequence

from monitor.records.report.blocks import Block, Cell, Column, cell, facts, heading, section, table, text
from monitor.records.report.channel_tables import limits, reckoned, statistics
from monitor.records.report.figures import NOTHING
from monitor.records.report.found_tables import deviations, instruments, plates, reviews, signatures, tests
from monitor.records.report.gap_tables import gaps, lacking
from monitor.records.report.judged_tables import actions, alarms, hidden
from monitor.records.report.setting_tables import changes, clocks, stages, versions, zones
from monitor.records.report.telling import Telling, Told


def batch(telling: Telling) -> Block:
    """Tell the stages of the batch, its zones, and what was passed over at its start."""
    say, told = telling.words, telling.told
    blocks = [
        heading(say("stages")),
        stages(telling, told["batch"]["stages"]),
        heading(say("zones")),
        zones(telling, told["zones"]),
    ]
    return section(say("s_batch"), [*blocks, *passed_over(telling)])


def passed_over(telling: Telling) -> Iterator[Block]:
    """Tell what was not ready at the start, and why it was passed over; nothing where nothing was."""
    say, one = telling.words, telling.told["batch"]
    if one["overrides"]:
        yield heading(say("x_overrides"))
        yield facts(
            [
                (say("passed_over"), telling.joined(map(telling.label, one["passed_over"]))),
                (say("reason"), cell(one["reason"], say("signed", id=one["signature"]))),
            ]
        )


def channels(telling: Telling) -> Block:
    """Tell the figures and limits of every channel."""
    say, told = telling.words, telling.told
    measured = [one for one in told["channels"] if not one["inputs"]]
    derived = [one for one in told["channels"] if one["inputs"]]
    blocks = [heading(say("statistics"), say("statistics_say")), statistics(telling, measured)]
    if derived:
        with_figures = [one for one in derived if one["statistics"] is not None]
        blocks += [heading(say("reckoned"), say("reckoned_say")), reckoned(telling, derived)]
        blocks += [statistics(telling, with_figures)] if with_figures else []
    blocks += [heading(say("limits"), say("limits_say")), limits(telling, told["channels"])]
    return section(say("s_channels"), blocks)


def happened(telling: Telling) -> Block:
    """Tell every alarm, what was hidden, and what was asked of the machines."""
    say, told = telling.words, telling.told
    return section(
        say("s_alarms"),
        [
            heading(say("alarms")),
            alarms(telling, told["alarms"]),
            heading(say("hidden"), say("hidden_say")),
            hidden(telling, told["hidden"]),
            heading(say("actions")),
            actions(telling, told["actions"]),
        ],
    )


def viable(telling: Telling) -> Block:
    """Tell every plate."""
    say, rows = telling.words, telling.told["viable"]
    changed = f" {say('corrected_mark')}" if any(one["is_changed"] for one in rows) else ""
    return section(say("s_viable"), [plates(telling, rows)], say("viable_say") + changed)


def equipment(telling: Telling) -> Block:
    """Tell the tests of equipment and how each instrument stood."""
    say, told = telling.words, telling.told
    return section(
        say("s_equipment"),
        [
            heading(say("tests")),
            tests(telling, told["tests"]),
            heading(say("instruments")),
            instruments(telling, [one for one in told["channels"] if one["instrument"]]),
        ],
    )


def plant(telling: Telling) -> Block:
    """Tell under which version of the plant the batch was made, what changed, and how the clocks went."""
    say, told = telling.words, telling.told
    return section(
        say("s_plant"),
        [
            heading(say("versions")),
            versions(telling, told["plant"]["versions"]),
            heading(say("changes")),
            changes(telling, told["plant"]["changes"]),
            heading(say("clocks")),
            clocks(telling, told["clock"]),
        ],
    )


def complete(telling: Telling) -> Block:
    """Tell what is missing and why, and whether the kept figures are those of the raw values."""
    say, told = telling.words, telling.told
    whole = told["completeness"]
    causes = [
        [say("due"), str(whole["expected"])],
        [say("valid"), str(whole["valid"])],
        *([say.member("dossier_cause", cause), str(n)] for cause, n in whole["causes"].items()),
    ]
    return section(
        say("s_complete"),
        [
            heading(say("causes")),
            table([Column(say("cause"), 1.0), Column(say("values"), right=True)], causes, empty=say("none")),
            heading(say("gaps"), say("gaps_say")),
            gaps(telling),
            heading(say("lacking")),
            lacking(telling),
            heading(say("checked")),
            text(_checked(telling)),
            *([_compared(telling)] if told["check"]["differs"] else []),
        ],
    )


def _checked(telling: Telling) -> str:
    check = telling.told["check"]
    n = len(check["raw"])
    if check["agree"]:
        return telling.words("check_agrees", n=n)
    return telling.words("check_differs", n=n, k=len(check["differs"]))


def _compared(telling: Telling) -> Block:
    say, check = telling.words, telling.told["check"]
    columns = [Column(say("channel"), 1.0), Column("")]
    columns += [Column(say(one), right=True) for one in ("n", "valid", "min", "max", "sum")]
    rows: list[Sequence[Cell]] = []
    for channel in check["differs"]:
        raw, kept = check["raw"].get(channel), check["rollup"].get(channel)
        rows.append([channel, cell(say("raw"), say("rollup")), *_pairs(telling, channel, raw, kept)])
    return table(columns, rows, empty=say("none"))


def _pairs(telling: Telling, channel: str, raw: Told | None, kept: Told | None) -> Iterator[Cell]:
    known = telling.channels[channel]
    for name in ("n", "valid", "min", "max", "sum"):
        both = [
            NOTHING
            if one is None
            else str(one[name])
            if name in ("n", "valid")
            else telling.value(one[name], known)
            for one in (raw, kept)
        ]
        yield cell(*both)


def assessed(telling: Telling) -> Block:
    """Tell every deviation."""
    return section(telling.words("s_deviations"), [deviations(telling, telling.told["deviations"])])


def signed(telling: Telling, seal: Sequence[tuple[str, Cell]]) -> Block:
    """Tell reviews and signatures, and the seal of the file itself."""
    say, told = telling.words, telling.told
    return section(
        say("s_signatures"),
        [
            heading(say("reviews")),
            reviews(telling, told["reviews"]),
            heading(say("signatures"), say("signatures_say")),
            signatures(telling, told["signatures"]),
            heading(say("seal"), say("seal_says" if seal else "seal_none")),
            *([facts(seal)] if seal else []),
        ],
    )


def how(telling: Telling) -> Block:
    """Tell how the figures were reckoned."""
    say = telling.words
    return section(say("s_how"), [text(say(f"how_{number}")) for number in range(1, 8)])
