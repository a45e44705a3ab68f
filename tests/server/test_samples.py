"""Plates through the server: a whole life, in its order; who verifies is another person, who approves a third."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import asyncpg
import pytest

from monitor.records.plates.air_runs import KEYS
from monitor.records.plates.life import Plate
from monitor.server import may
from monitor.server.gate import API
from monitor.server.messages import RunningBatch
from monitor.server.rights import Deed, Role
from monitor.server.routes import sample_steps, samples
from monitor.server.service import Service
from monitor.server.settings import Settings
from tests.sampling import AIR, BATCH, CONTACT, SETTLE, begun, days, ended, sampled
from tests.server.bench import APPROVAL, Bench, approval
from tests.server.conftest import Running
from tests.server.hands import Hands
from tests.store.small import plant, sample, second, store


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, plant=sampled(settings.plant))


@pytest.fixture
async def bench(keeping: Running, hands: Hands, database_url: str) -> AsyncIterator[Bench]:
    async with keeping.client() as client:
        made = Bench(keeping, client, hands, database_url)
        await made.batch()
        yield made


async def test_a_plates_whole_life(bench: Bench) -> None:
    code = await bench.planned(SETTLE)
    assert (await bench.do("cao", "/plan", {"batch": BATCH}))["plates"] == [], "once on each occasion"
    stood = (await bench.do("kan", f"/{code.lower()} "))["todo"]
    laid = await bench.do("cao", f"/{code}/expose", {"comment": "filling begins"})
    assert (stood, laid["state"], laid["todo"], laid["due_by"]) == (
        "expose",
        "exposed",
        "collect",
        "2026-03-02T12:15:00.000000+00:00",
    )
    bench.hands.pass_s(3600)
    closed = await bench.do("li", f"/{code}/collect", {})
    assert (closed["exposed_until"], closed["todo"]) == ("2026-03-02T09:15:00.000000+00:00", "incubate")
    warmed = await bench.do("li", f"/{code}/incubate", {"step": 1, "lot": "TSA 26-114"})
    assert (warmed["todo"], warmed["due_at"]) == ("read", "2026-03-04T09:15:00.000000+00:00")
    bench.hands.at += days(2)
    read = await bench.do("li", f"/{code}/read", {"cfu": 0})
    assert (read["cfu"], read["read_by"], read["todo"]) == (0, "li", "verify")
    verified = await bench.do("wang", f"/{code}/verify", {"cfu": 0})
    assert (verified["verified_by"], verified["todo"]) == ("wang", "approve")
    assert (verified["verdict"], verified["is_late"]) == ("incomplete", False), (
        "nothing counts until it is approved"
    )
    (approved,) = (await bench.do("qian", "/approve", approval((code, verified["steps"]))))["plates"]
    assert (approved["state"], approved["approved_by"], approved["todo"]) == ("approved", "qian", "nothing")
    whole = await bench.do("kan", f"/{code}")
    assert [(one["state"], one["who"]) for one in whole["history"]] == [
        ("exposed", "cao"),
        ("collected", "li"),
        ("incubating", "li"),
        ("read", "li"),
        ("verified", "wang"),
        ("approved", "qian"),
    ]
    assert (whole["verdict"], whole["verdicts"]["each"], whole["needs_investigation"]) == (
        "within",
        "within",
        False,
    )
    assert whole["history"][0]["reason"] == "filling begins"
    assert whole["history"][-1]["signature"]
    assert len(await bench.book("viable_step")) == 6
    assert code not in [one["code"] for one in (await bench.do("kan", ""))["plates"]], "nothing is left to do"
    of_batch = (await bench.do("kan", f"?batch={BATCH}"))["plates"]
    assert [one["position"] for one in of_batch] == [CONTACT, CONTACT, SETTLE]


PERSONS = (
    ("li", "wang", "qian", ""),
    ("li", "wang", "fang", ""),
    ("qian", "li", "fang", ""),
    ("li", "li", "qian", "verify"),
    ("li", "kan", "qian", "verify"),
    ("li", "fang", "qian", "verify"),
    ("qian", "li", "qian", "approve"),
    ("li", "qian", "qian", "approve"),
    ("li", "wang", "cao", "approve"),
)
"""Who reads, who verifies, who approves, and at which of the two it stops."""


async def test_who_reads_never_verifies_and_who_approves_is_a_third(bench: Bench) -> None:
    for number, (reader, verifier, approver, stops) in enumerate(PERSONS):
        batch = f"B-{number}"
        await bench.store(begun(bench.hands.at, batch))
        code = await bench.incubated(batch=batch)
        await bench.do(reader, f"/{code}/read", {"cfu": 2, "organism": "coccus", "species": "S. epi"})
        verified = await bench.ask(verifier, f"/{code}/verify", {"cfu": 2})
        approved = await bench.ask(approver, "/approve", approval((code, 4)))
        stands = await bench.do("kan", f"/{code}")
        assert (stands["verified_by"], stands["approved_by"]) == (
            verifier if stops != "verify" else "",
            approver if not stops else "",
        ), (reader, verifier, approver)
        refused = {one.status_code for one in (verified, approved)} - {200}
        assert refused <= ({403, 409} if stops else set()), approved.text


async def token(server: Running, hands: Hands, *deeds: Deed) -> str:
    """Make a token for a LIMS."""
    ends_at = (hands.at + days(9)).isoformat()
    wanted = {"name": "lims", "deeds": list(deeds), "ends_at": ends_at, "reason": "it knows who has read"}
    async with server.client(server.sign_in(Role.ADMIN)) as client:
        return str((await client.post(f"{API}/tokens", json=wanted)).json()["token"])


async def test_a_lims_tells_who_has_read_a_plate_and_checks_nothing(
    bench: Bench, keeping: Running, hands: Hands, database_url: str
) -> None:
    lims = await token(keeping, hands, Deed.NOTE_PLATES, Deed.READ_PAST)
    code = await bench.planned(SETTLE)
    await bench.do(lims, f"/{code}/expose", {"by": "cao"})
    bench.hands.pass_s(3600)
    await bench.do(lims, f"/{code}/collect", {"by": "cao"})
    await bench.do(lims, f"/{code}/incubate", {"by": "cao", "step": 1, "lot": "TSA 26-114"})
    bench.hands.at += days(2)
    counted = {"cfu": 1, "organism": "Staphylococcus", "species": "S. epidermidis"}
    for by, status, words in (
        (None, 422, "Name in `by`"),
        ("nobody", 403, "nobody has no account"),
        ("kan", 403, "read a plate"),
        ("fang", 403, "read a plate"),
    ):
        await bench.refused(status, words, lims, f"/{code}/read", counted | ({"by": by} if by else {}))
    await bench.refused(422, "their own steps", "li", f"/{code}/read", counted | {"by": "wang"})
    assert [line["who"] for line in await bench.book("refused")] == ["token lims"] * 3
    read = await bench.do(lims, f"/{code}/read", counted | {"by": "qian"})
    assert (read["read_by"], read["todo"]) == ("qian", "verify")
    (*_, last) = read["history"]
    assert (last["who"], last["facts"]["by"]) == ("token lims", "qian")
    for path, body in (
        (f"/{code}/verify", {"cfu": 1}),
        (f"/{code}/correct", counted | {"reason": "again", "by": "li"}),
        (f"/{code}/quarantine", {"reason": "the lid"}),
        ("/approve", approval((code, 4))),
        ("/plan", {"batch": BATCH}),
    ):
        assert (await bench.ask(lims, path, body)).status_code == 403, path
    await bench.refused(409, "does not check it", "qian", f"/{code}/verify", {"cfu": 1})
    connection = await asyncpg.connect(database_url)
    hands_in = {row["who"] for row in await connection.fetch("SELECT hands_in($1) AS who", BATCH)}
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="Qian read it"):
        await connection.execute(
            "INSERT INTO viable_step SELECT sample, 5, 'verified', at, 'Qian', '{}', '', '', '' FROM viable_step"
            " WHERE state = 'read'"
        )
    await connection.close()
    assert hands_in == {"cao", "qian"}
    await bench.do("li", f"/{code}/verify", {"cfu": 1})
    await bench.refused(409, "does not check it", "qian", "/approve", approval((code, 5)))
    await bench.do("fang", "/approve", approval((code, 5)))


OUT_OF_ORDER = [
    ("collect", {}),
    ("incubate", {"step": 1, "lot": "TSA 26-114"}),
    ("read", {"cfu": 0}),
    ("correct", {"cfu": 0, "reason": "miscounted"}),
    ("verify", {"cfu": 0}),
    ("return", {"reason": "found again"}),
    ("replace", {}),
]


async def test_what_is_out_of_order_is_refused_and_changes_nothing(bench: Bench) -> None:
    code = await bench.planned(SETTLE)
    for deed, body in OUT_OF_ORDER:
        answer = await bench.ask("wang", f"/{code}/{deed}", body)
        assert answer.status_code == 409, (deed, answer.text)
    await bench.refused(409, "", "qian", "/approve", approval((code, 1)))
    assert (await bench.do("kan", f"/{code}"))["history"] == []
    answer = await bench.ask("wang", f"/{code}/read", {"cfu": 0}, "zh")
    assert "已计划" in answer.json()["detail"]
    await bench.do("cao", f"/{code}/expose", {})
    await bench.refused(409, "cannot be exposed", "cao", f"/{code}/expose", {})
    await bench.refused(409, "until when", "cao", f"/{code}/incubate", {"step": 1, "lot": "x"})


async def test_nothing_grew_is_said_once_it_had_the_time_to_grow(bench: Bench) -> None:
    code = await bench.incubated()
    bench.hands.at -= timedelta(hours=1)
    await bench.refused(409, "takes 2 days", "li", f"/{code}/read", {"cfu": 0})
    grown = await bench.do("li", f"/{code}/read", {"cfu": 1})
    assert grown["cfu"] == 1


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"cfu": -1}, "cfu"),
    ({"cfu": 10_000}, "cfu"),
    ({"cfu": 2.5}, "cfu"),
    ({}, "too many to count"),
    ({"cfu": 3, "too_many": True}, "too many to count"),
    ({"cfu": 0, "organism": "Bacillus"}, "nothing grew"),
    ({"cfu": 1, "species": "B. subtilis"}, "organism with its species"),
    ({"cfu": 1, "organism": "\u0000"}, "organism"),
]


async def test_a_count_that_cannot_be_is_refused_in_words(bench: Bench) -> None:
    code = await bench.incubated()
    for body, words in IMPOSSIBLE:
        await bench.refused(422, words, "li", f"/{code}/read", body)
    assert (await bench.do("kan", f"/{code}"))["state"] == "incubating"


async def test_the_verifier_counts_too_and_both_counts_are_kept_where_they_differ(bench: Bench) -> None:
    code = await bench.incubated()
    await bench.do("li", f"/{code}/read", {"too_many": True})
    await bench.refused(409, "counted otherwise", "wang", f"/{code}/verify", {"cfu": 300})
    (line,) = await bench.book("refused")
    assert '"cfu": 300' in line["body"]
    await bench.refused(409, "correct the reading", "li", f"/{code}/read", {"cfu": 300})
    corrected = await bench.do("li", f"/{code}/correct", {"cfu": 300, "reason": "counted with a grid"})
    assert (corrected["cfu"], corrected["is_changed"]) == (300, True)
    await bench.do("wang", f"/{code}/verify", {"cfu": 300})


async def test_more_plates_than_are_told_at_once_are_said_to_be_more(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.planned(SETTLE)
    for query in ("", "?day=2026-03-02"):
        for most, is_whole in ((3, True), (2, False)):
            monkeypatch.setattr(samples, "PLATES_MAX", most)
            told = await bench.do("kan", query)
            assert (len(told["plates"]), told["is_whole"]) == (most, is_whole), query


async def test_what_is_refused_too_often_is_not_recorded_each_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await bench.incubated()
    await bench.do("li", f"/{code}/read", {"cfu": 1})
    monkeypatch.setattr(may, "REFUSALS", 1)
    for cfu, status in ((2, 409), (3, 429)):
        await bench.refused(status, "", "wang", f"/{code}/verify", {"cfu": cfu})
    assert len(await bench.book("refused")) == 1


async def test_what_grew_is_named_to_its_species_before_it_is_approved(bench: Bench) -> None:
    code = await bench.incubated(SETTLE)
    await bench.do("li", f"/{code}/read", {"cfu": 1, "organism": "Staphylococcus"})
    verified = await bench.do("wang", f"/{code}/verify", {"cfu": 1})
    assert verified["todo"] == "name"
    await bench.refused(409, "named to its species", "qian", "/approve", approval((code, verified["steps"])))
    name = {"cfu": 1, "organism": "Staphylococcus", "species": "S. epidermidis", "reason": "MALDI-TOF"}
    corrected = await bench.do("li", f"/{code}/correct", name)
    assert (corrected["verified_by"], corrected["todo"]) == ("", "verify"), "another reading is verified anew"
    verified = await bench.do("wang", f"/{code}/verify", {"cfu": 1})
    await bench.do("qian", "/approve", approval((code, verified["steps"])))
    whole = await bench.do("kan", f"/{code}")
    assert (whole["verdict"], whole["needs_investigation"]) == ("action", True), (
        "in grade A whatever grows is"
    )


async def test_a_signature_approves_what_was_seen_all_of_it_or_nothing(bench: Bench) -> None:
    first = await bench.incubated()
    codes = [one["code"] for one in (await bench.do("kan", "?day=2026-03-02"))["plates"]]
    second = next(code for code in codes if code != first)
    await bench.do("li", f"/{first}/read", {"cfu": 0})
    await bench.do("wang", f"/{first}/verify", {"cfu": 0})
    await bench.refused(409, "look again", "qian", "/approve", approval((first, 3)))
    await bench.refused(409, second, "qian", "/approve", approval((first, 4), (second, 1)))
    await bench.refused(422, "twice", "qian", "/approve", approval((first, 4), (first, 4)))
    wrong = approval((first, 4))
    await bench.refused(
        422, "approved", "qian", "/approve", wrong | {"signature": APPROVAL | {"meaning": "review"}}
    )
    await bench.refused(
        401, "wrong", "qian", "/approve", wrong | {"signature": APPROVAL | {"password": "no"}}
    )
    assert (await bench.do("kan", f"/{first}"))["state"] == "verified"
    await bench.do("qian", "/approve", approval((first, 4)))


def meanwhile(monkeypatch: pytest.MonkeyPatch, bench: Bench, who: str, path: str, body: Any) -> None:
    """Let somebody do something with a plate right behind the next look that is taken at one."""
    look = sample_steps._plate

    async def looked(here: Service, code: str) -> Plate:
        plate = await look(here, code)
        monkeypatch.setattr(sample_steps, "_plate", look)
        await bench.do(who, path, body)
        return plate

    monkeypatch.setattr(sample_steps, "_plate", looked)


async def test_a_step_is_taken_of_the_plate_that_was_looked_at_or_not_at_all(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = await bench.incubated()
    meanwhile(monkeypatch, bench, "li", f"/{code}/read", {"cfu": 1})
    second = {"cfu": 2, "comment": "near the edge"}
    await bench.refused(409, "look again", "wang", f"/{code}/read", second)
    stands = await bench.do("kan", f"/{code}")
    assert (stands["cfu"], stands["read_by"], stands["is_changed"]) == (1, "li", False)
    corrected = {"cfu": 2, "reason": "one more at the edge"}
    meanwhile(monkeypatch, bench, "li", f"/{code}/correct", corrected)
    await bench.refused(409, "look again", "wang", f"/{code}/verify", {"cfu": 1})
    stands = await bench.do("kan", f"/{code}")
    assert (stands["cfu"], stands["state"], stands["verified_by"]) == (2, "read", "")


async def test_a_plate_put_aside_comes_back_or_is_given_up(bench: Bench) -> None:
    code = await bench.incubated()
    why = {"reason": "the lid was open"}
    await bench.refused(422, "reason", "cao", f"/{code}/quarantine", {"reason": " x "})
    await bench.do("cao", f"/{code}/quarantine", why)
    await bench.refused(409, "cannot be read", "li", f"/{code}/read", {"cfu": 0})
    back = await bench.do("li", f"/{code}/return", {"reason": "it was closed at once"})
    assert (back["state"], back["todo"]) == ("incubating", "read")
    await bench.do("li", f"/{code}/read", {"cfu": 4})
    await bench.do("wang", f"/{code}/quarantine", why)
    await bench.refused(409, "does not check it", "li", f"/{code}/reject", why)
    gone = await bench.do("qian", f"/{code}/reject", why)
    assert (gone["state"], gone["may_become"]) == ("rejected", [])


async def test_a_late_result_opens_the_batch_again_in_the_book(bench: Bench) -> None:
    code = await bench.incubated()
    why = {"reason": "the lid was open"}
    await bench.do("cao", f"/{code}/quarantine", why)
    await bench.do("wang", f"/{code}/return", why)
    assert await bench.book("batch_reopened") == [], "the batch runs"
    await bench.store(ended(bench.hands.at))
    bench.hands.pass_s(60)
    await bench.do("li", f"/{code}/read", {"cfu": 2})
    await bench.do("wang", f"/{code}/verify", {"cfu": 2})
    await bench.do("li", f"/{code}/correct", {"cfu": 3, "reason": "one more at the edge"})
    lines = await bench.book("batch_reopened")
    assert [(line["who"], f'"what": "{BATCH}"' in line["body"]) for line in lines] == [("li", True)] * 2
    assert "one more at the edge" in lines[1]["body"]


async def test_a_late_plate_of_the_day_opens_the_batches_made_around_it(bench: Bench) -> None:
    bench.hands.at -= timedelta(minutes=30)
    code = await bench.planned(AIR, day="2026-03-02")
    await bench.do("cao", f"/{code}/expose", {"until": bench.hands.at.isoformat(), "volume_l": 1000})
    bench.hands.pass_s(3600)
    await bench.store(ended(bench.hands.at))
    for step in (1, 2):
        await bench.do("cao", f"/{code}/incubate", {"step": step, "lot": "TSA 26-114"})
    assert await bench.book("batch_reopened") == []
    bench.hands.at += days(6)
    await bench.do("li", f"/{code}/read", {"cfu": 1})
    assert len(await bench.book("batch_reopened")) == 1


@pytest.mark.parametrize("ago", [None, timedelta(minutes=10)])
async def test_air_that_was_drawn_without_an_end_counts_by_its_moment(
    bench: Bench, ago: timedelta | None
) -> None:
    code = await bench.planned(AIR, day="2026-03-02")
    moment = bench.hands.at - (ago or timedelta(0))
    told = {"volume_l": 1000} | ({"from": moment.isoformat()} if ago else {})
    drawn = await bench.do("cao", f"/{code}/expose", told)
    assert {datetime.fromisoformat(drawn[end]) for end in ("exposed_from", "exposed_until")} == {moment}
    assert drawn["todo"] == "incubate"


async def test_active_air_is_incubated_step_by_step_once_its_volume_is_known(bench: Bench) -> None:
    code = await bench.planned(AIR, day="2026-03-02")
    began = (bench.hands.at - timedelta(minutes=10)).isoformat()
    await bench.refused(
        409, "not come yet", "cao", f"/{code}/expose", {"until": (bench.hands.at + days(1)).isoformat()}
    )
    await bench.refused(409, "before it begins", "cao", f"/{code}/expose", {"until": began})
    await bench.refused(422, "volume_l", "cao", f"/{code}/expose", {"volume_l": 0})
    await bench.refused(409, "no such run", "cao", f"/{code}/expose", {"run": began})
    await bench.do("cao", f"/{code}/expose", {"from": began, "until": bench.hands.at.isoformat()})
    await bench.refused(409, "how much air", "cao", f"/{code}/incubate", {"step": 1, "lot": "x"})
    await bench.do("cao", f"/{code}/collect", {"volume_l": 1000})
    await bench.refused(409, "one after the other", "cao", f"/{code}/incubate", {"step": 2, "lot": "x"})
    first = await bench.do("cao", f"/{code}/incubate", {"step": 1, "lot": "x"})
    assert (first["todo"], first["due_at"]) == ("incubate", "2026-03-05T08:15:00.000000+00:00")
    assert (await bench.do("kan", f"/{code}/runs"))["runs"] == [], "nothing of the sampler is stored"


async def test_a_run_of_the_air_sampler_says_how_much_was_drawn_for_one_plate(
    bench: Bench, database_url: str
) -> None:
    """Two runs of a minute: at the second one its laser is not good."""
    sampler = plant(row=("flow", *KEYS))
    said: list[tuple[float, ...]] = [(0, 0, 0, 7)]
    for status in (7, 6):
        said += [(1, n / 100, n, status) for n in range(60)] + [(0, 0.6, 60, status)] * 5
    rows = [sample(n, 9, *values, 2) for n, values in enumerate(said)]
    await store(database_url, rows, of=sampler)
    bench.hands.at = second(300)
    code = await bench.planned(AIR, day=second(300).date().isoformat())
    bad, good = (await bench.do("kan", f"/{code}/runs"))["runs"]
    assert (good["volume_m3"], good["is_good"], bad["is_good"]) == (0.6, True, False)
    await bench.refused(409, "was not well", "cao", f"/{code}/expose", {"run": bad["began"]})
    laid = await bench.do("cao", f"/{code}/expose", {"run": good["began"]})
    assert (laid["exposed_from"], laid["exposed_until"]) == (good["began"], good["ended"])
    assert (laid["volume_l"], laid["todo"]) == (600.0, "incubate")
    assert laid["history"][0]["facts"]["run"].startswith(good["began"][:19])
    other = await bench.planned(AIR, day=(second(300) + days(1)).date().isoformat())
    await bench.refused(409, code, "cao", f"/{other}/expose", {"run": good["began"]})


async def test_a_settle_plate_that_lay_open_is_changed_for_another_once(bench: Bench) -> None:
    code = await bench.planned(SETTLE)
    await bench.do("cao", f"/{code}/expose", {})
    second = await bench.do("cao", f"/{code}/replace", {})
    assert (second["turn"], second["state"], second["batch"]) == (2, "planned", BATCH)
    await bench.refused(409, "already", "cao", f"/{code}/replace", {})


async def test_what_no_label_says_is_told_from_what_is_not_there(bench: Bench) -> None:
    await bench.refused(422, "no plate's code", "kan", "/V000001-01")
    await bench.refused(422, "no plate's code", "kan", "/V1-38")
    await bench.refused(404, "No plate", "kan", "/V000117-38")
    await bench.refused(404, "no batch NO-SUCH", "cao", "/plan", {"batch": "NO-SUCH"})
    await bench.refused(422, "2 shifts", "cao", "/plan", {"day": "2026-03-02", "shift": 3})
    await bench.refused(422, "either a batch or a day", "cao", "/plan", {})
    await bench.refused(422, "not for both", "kan", f"?batch={BATCH}&day=2026-03-02")


async def test_a_batch_that_is_not_stored_as_far_as_it_has_come_is_planned_a_moment_later(
    bench: Bench, keeping: Running
) -> None:
    batches, at = keeping.service.relay.batches, bench.hands.at
    just = {"line": "STM-L1", "product": "MSC", "zones": [], "since": at, "stage_since": at, "who": "cao"}
    for name, stage in (("B-NEW", "fill"), (BATCH, "harvest")):
        batches["STM-L1"] = RunningBatch.model_validate({"id": name, "stage": stage, **just})
        answer = await bench.ask("cao", "/plan", {"batch": name})
        assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1"), answer.text
    batches["STM-L1"] = RunningBatch.model_validate({"id": BATCH, "stage": "fill", **just})
    assert len((await bench.do("cao", "/plan", {"batch": BATCH}))["plates"]) == 3


class Labels(HTMLParser):
    """Reads what a page of labels says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.codes: list[str] = []
        self.styled = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.codes += [value or "" for name, value in attrs if name == "aria-label"]
        self.styled |= tag in {"style", "script"} or any(name == "style" for name, _ in attrs)


async def test_labels_are_printed_in_both_languages_and_without_a_style(bench: Bench) -> None:
    await bench.planned(SETTLE)
    codes = [one["code"] for one in (await bench.do("kan", f"?batch={BATCH}"))["plates"]]
    asked = "&".join(f"code={code}" for code in codes)
    for language, words in (("en", "Beside the filling needle"), ("zh", "灌装针旁")):
        answer = await bench.ask("kan", f"/labels?{asked}&language={language}")
        page = Labels(answer.text)
        assert (answer.headers["content-type"], page.codes) == ("text/html; charset=utf-8", codes)
        assert words in answer.text
        assert not page.styled
    await bench.refused(404, "No plate", "kan", "/labels?code=V000117-38")


async def test_every_refused_role_is_refused_before_anything_is_looked_for(bench: Bench) -> None:
    for role, name in ((Role.VIEWER, "kan"), (Role.ADMIN, "admin")):
        answer = await bench.ask(name, "/V000117-38/expose", {})
        assert answer.status_code == 403, role
