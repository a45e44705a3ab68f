"""Every role at every route: what the table of rights says, and nothing else; every refusal is recorded."""

from pathlib import Path

import pytest

from monitor.server.app import create_app
from monitor.server.gate import API, COOKIE, OPEN_DOORS
from monitor.server.may import may
from monitor.server.rates import REFUSALS
from monitor.server.rights import DEEDS, FOR_MACHINES, RIGHTS, ROLES, SIGNS_AS, SUBJECTS, TRAINED, Deed, Role
from monitor.server.rights_page import page
from monitor.server.sessions import Session
from tests.people import TRAINING, accounts
from tests.server.conftest import PASSWORD, Running
from tests.server.test_gate import every_door

# A route, and the deeds of which it takes one; written by hand, so that a new route is not open by mistake.
ROUTES = """
GET    /alarms                               look
GET    /alarms/guidance                      look
GET    /latest                               look
GET    /plant                                look
GET    /protections                          look
GET    /duty                                 look
GET    /duty/turns                           look
GET    /duty/{rotation}.ics                  look calendar
GET    /notices                              look
GET    /instruments                          read_past
GET    /instruments/history                  read_past
GET    /alarms/deeds                         read_past
GET    /alarms/history                       read_past
GET    /alarms/load                          read_past
GET    /alarms/transitions                   read_past
GET    /alarms/times                         read_past
POST   /alarms/shown                         look
GET    /batches                              read_past
GET    /batches/{batch}                      read_past
GET    /batches/{batch}/dossier              read_past
GET    /batches/{batch}/dossier/progress     read_past
GET    /batches/{batch}/record               read_past
GET    /lines/{line}/readiness               read_past
GET    /equipment-tests                      read_past
POST   /batches                              start_batch
POST   /batches/{batch}/stage                start_batch
POST   /batches/{batch}/end                  start_batch
POST   /equipment-tests                      note_test
POST   /equipment-tests/confirm              confirm_test
GET    /completeness                         read_past
GET    /readings                             read_past
GET    /overlay                              read_past
GET    /prevention                           read_past
GET    /signatures                           read_past
GET    /exports/readings.{kind}              export
GET    /exports/alarms.csv                   export
GET    /exports/prevention.csv               export
POST   /packages                             export
GET    /packages/{batch}                     export
DELETE /packages/{batch}                     export
GET    /packages/{batch}/file                export
POST   /alarms/acknowledge                   acknowledge
POST   /alarms/reset                         reset_alarm
POST   /alarms/shelve                        shelve
POST   /alarms/unshelve                      shelve
POST   /alarms/out-of-service                out_of_service
POST   /alarms/in-service                    out_of_service
POST   /zones/occupancy                      occupy
POST   /protections/confirm                  confirm_protection
POST   /protections/reset                    end_protection
POST   /protections/inhibit                  inhibit_protection
POST   /protections/rearm                    inhibit_protection
POST   /duty/substitutions                   substitute substitute_anybody
POST   /duty/substitutions/take-back         substitute substitute_anybody
POST   /notices/receipt                      receive
POST   /instruments/confirm                  confirm_instruments
POST   /instruments/entries                  keep_instruments
GET    /samples                              read_past
GET    /samples/labels                       read_past
GET    /samples/{code}                       read_past
GET    /samples/{code}/runs                  read_past
POST   /samples/plan                         take_samples
POST   /samples/{code}/replace               take_samples
POST   /samples/{code}/expose                take_samples note_plates
POST   /samples/{code}/collect               take_samples note_plates
POST   /samples/{code}/incubate              take_samples note_plates
POST   /samples/{code}/read                  read_plates note_plates
POST   /samples/{code}/correct               read_plates
POST   /samples/{code}/verify                verify_plates
POST   /samples/{code}/quarantine            take_samples read_plates approve_plates
POST   /samples/{code}/return                verify_plates approve_plates
POST   /samples/{code}/reject                verify_plates approve_plates
POST   /samples/approve                      approve_plates
GET    /book                                 read_book
GET    /book/line                            read_book
GET    /book/reviews                         read_book
POST   /book/reviews                         review_book
GET    /batches/{batch}/review               read_past
POST   /batches/{batch}/reviews              review_batch
POST   /batches/{batch}/release              release_batch
GET    /deviations                           read_past
GET    /deviations/{deviation}               read_past
POST   /deviations                           open_deviation
POST   /deviations/{deviation}/assess        assess_deviation
POST   /deviations/{deviation}/close         close_deviation
POST   /deviations/{deviation}/reopen        close_deviation
GET    /plant/proposals                      propose_plant approve_plant read_book
GET    /plant/proposals/{number}             propose_plant approve_plant read_book
GET    /plant/versions                       propose_plant approve_plant read_book
POST   /plant/proposals                      propose_plant
POST   /plant/proposals/{number}/withdraw    propose_plant
POST   /plant/proposals/{number}/approve     approve_plant
POST   /plant/proposals/{number}/reject      approve_plant
GET    /plant/proposals/{number}/replay      propose_plant approve_plant
POST   /plant/proposals/{number}/replay      propose_plant approve_plant
DELETE /plant/proposals/{number}/replay      propose_plant approve_plant
GET    /people                               keep_people keep_training
POST   /people                               keep_people
POST   /people/{name}/disable                keep_people
POST   /people/{name}/reset                  keep_people
POST   /people/{name}/subject                keep_people
POST   /people/{name}/role                   keep_people
POST   /people/{name}/unlock                 keep_people
POST   /people/{name}/totp/drop              keep_people
GET    /sessions                             keep_people
POST   /sessions/{session_id}/end            keep_people
GET    /training                             keep_people keep_training
POST   /training                             keep_training
GET    /tokens                               keep_tokens
POST   /tokens                               keep_tokens
POST   /tokens/{name}/revoke                 keep_tokens
"""
OWN = {
    ("GET", f"{API}/session"),
    ("DELETE", f"{API}/session"),
    ("GET", f"{API}/session/own"),
    ("DELETE", f"{API}/session/own/{{session_id}}"),
    ("POST", f"{API}/session/password"),
    ("POST", f"{API}/session/pin"),
    ("DELETE", f"{API}/session/pin"),
    ("POST", f"{API}/session/totp"),
    ("POST", f"{API}/session/totp/secret"),
    ("GET", f"{API}/openapi.json"),
    ("HEAD", f"{API}/openapi.json"),
}
"""For whoever is signed in."""
ELSEWHERE = {("WS", f"{API}/live"), ("GET", "/metrics"), ("GET", "/metrics/collector")}
"""Tried in test_gate.py and test_metrics.py."""
EXPECTED = {
    (method, f"{API}{path}"): {Deed(one) for one in deeds}
    for method, path, *deeds in (line.split() for line in ROUTES.strip().splitlines())
}
DOCS = Path(__file__).parents[2] / "docs"
PARTS = {
    "{kind}": "csv",
    "{number}": "1",
    "{deviation}": "DEV-2026-0001",
    "{name}": "nobody",
    "{session_id}": "0123456789abcdef",
    "{rotation}": "day",
    "{code}": "V000001-95",
    "{batch}": "MSC-1",
    "{line}": "STM-L1",
}


def asked(path: str) -> str:
    for part, value in PARTS.items():
        path = path.replace(part, value)
    return path


def test_every_route_is_in_the_matrix(server: Running) -> None:
    doors = set(every_door(create_app(server.service.settings)))
    assert doors - OPEN_DOORS - OWN - ELSEWHERE == set(EXPECTED)


@pytest.mark.parametrize("role", Role)
async def test_a_role_comes_as_far_as_its_rights_and_every_refusal_is_recorded(
    keeping: Running, role: Role
) -> None:
    token, refused = keeping.sign_in(role), []
    # Without cookies of its own: signing out is one of the routes.
    async with keeping.client() as client:
        for (method, path), deeds in EXPECTED.items():
            headers = {"Cookie": f"{COOKIE}={token}"}
            answer = await client.request(method, asked(path), headers=headers, json={})
            status = answer.status_code
            if RIGHTS[role].isdisjoint(deeds):
                assert status == 403, (method, path)
                refused.append(path)
            else:
                assert status not in {401, 403, 500}, (method, path, answer.text)
        for method, path in OWN - {("DELETE", f"{API}/session")}:
            answer = await client.request(
                method, asked(path), headers={"Cookie": f"{COOKIE}={token}"}, json={}
            )
            assert answer.status_code not in {401, 403, 500}, (method, path)
    await keeping.service.ledger.settled()
    async with keeping.service.database.connection() as connection:
        told = await connection.fetchval("SELECT count(*) FROM book WHERE kind = 'refused'")
    assert len(refused) == told


def test_whoever_administers_has_no_rights_to_data() -> None:
    assert RIGHTS[Role.ADMIN] == {Deed.LOOK, Deed.READ_BOOK, Deed.KEEP_PEOPLE, Deed.KEEP_TOKENS}
    for role in set(Role) - {Role.ADMIN}:
        assert RIGHTS[role].isdisjoint({Deed.KEEP_PEOPLE, Deed.KEEP_TOKENS}), role


def test_nobody_both_proposes_and_approves() -> None:
    for role in Role:
        assert not {Deed.PROPOSE_PLANT, Deed.APPROVE_PLANT} <= RIGHTS[role], role


def test_the_tables_leave_nothing_out() -> None:
    assert set(RIGHTS) == set(SIGNS_AS) == set(ROLES) == set(Role)
    assert set(DEEDS) == set(Deed)
    assert set(TRAINED.values()) == set(SUBJECTS)
    assert FOR_MACHINES.isdisjoint(TRAINED)
    assert {deed for deeds in RIGHTS.values() for deed in deeds} | {
        Deed.SCRAPE,
        Deed.CALENDAR,
        Deed.NOTE_PLATES,
    } == set(Deed)


@pytest.mark.parametrize(("name", "language"), [("roles.md", "en"), ("roles.zh-CN.md", "zh")])
def test_the_page_for_people_holds_the_table(name: str, language: str) -> None:
    assert page(language) in (DOCS / name).read_text()


async def test_of_several_deeds_one_with_its_training_is_enough(server: Running) -> None:
    async with server.client() as client:
        await client.get(f"{API}/health")  # answered once everything runs
    people, at = server.service.people, server.service.settings.now()
    session = Session(next(one for one in [people.person("qian")] if one), at, at)
    either = may(Deed.APPROVE_PLANT, Deed.READ_BOOK)
    people.take(accounts(PASSWORD), [one for one in TRAINING if one.person != "qian"])
    assert await either(session=session, here=server.service) is session
    with pytest.raises(Exception, match="no current training"):
        await may(Deed.APPROVE_PLANT)(session=session, here=server.service)
    assert server.service.ledger.waiting == 1


async def test_nobody_fills_the_book_with_refusals(server: Running) -> None:
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        statuses = [(await client.get(f"{API}/people")).status_code for _ in range(REFUSALS + 1)]
    assert statuses == [403] * REFUSALS + [429]
    assert server.service.ledger.waiting == REFUSALS
