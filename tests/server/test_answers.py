"""What comes from outside and is no question: told which field, in the reader's language, never as a fault of ours."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from monitor.server import asked
from monitor.server.answers import GATE
from monitor.server.app import create_app
from monitor.server.gate import API, COOKIE, OPEN_DOORS
from monitor.server.settings import Settings
from tests.people import signed
from tests.server.collector import ALARM, PRESSURE, Collector
from tests.server.conftest import PASSWORD, Running

RESET = f"{API}/alarms/reset"
UNREADABLE = (422, "body: this is not JSON that can be read.")
NEAR_THE_END = "9999-12-31T23:59:59-14:00"
NEAR_THE_BEGINNING = "0001-01-01T00:00:00+14:00"
OCCURRENCE = {"alarm": ALARM, "raised_at": "2026-03-02T08:15:01Z"}


async def say(server: Running, data: bytes) -> tuple[int, str]:
    """Send bytes as they are, and give status and body of the answer."""
    host, _, port = server.address.removeprefix("http://").rstrip("/").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode()


def request(method: str, path: str, token: str = "", body: bytes = b"", **headers: str) -> bytes:
    told = {"Host": "x", "Connection": "close", "Content-Type": "application/json", **headers}
    told = {"Cookie": f"{COOKIE}={token}", "Content-Length": str(len(body)), **told}
    head = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {one}" for name, one in told.items())]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


async def test_a_body_that_cannot_be_read_is_told_so(server: Running) -> None:
    for body in [
        b'{"alarm": "\xff"}',
        b"[" * 30_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"n": ' + b"9" * 5000 + b"}",
    ]:
        async with server.client(server.sign_in(), **{"Content-Type": "application/json"}) as client:
            answer = await client.post(RESET, content=body)
            assert (answer.status_code, answer.json()["detail"]) == UNREADABLE
            chinese = await client.post(RESET, content=body, headers={"Accept-Language": "zh-CN"})
            assert chinese.json()["detail"] == "body：无法解析的 JSON。"


async def test_a_body_of_another_kind_is_told_field_by_field(server: Running) -> None:
    for body in ["", "null", '"x"', "[]", "NaN", "1e999", '{"alarm": 1e999, "raised_at": NaN}']:
        async with server.client(server.sign_in(), **{"Content-Type": "application/json"}) as client:
            answer = await client.post(RESET, content=body)
        assert (answer.status_code, answer.json()["detail"][:4]) == (422, "body")


async def test_a_body_of_another_content_type_is_refused(server: Running) -> None:
    for kind in ["text/plain", "application/xml", "multipart/form-data", "nonsense", "a/b/c;;="]:
        async with server.client(server.sign_in(), **{"Content-Type": kind}) as client:
            answer = await client.post(RESET, content=json.dumps(OCCURRENCE))
        assert (answer.status_code, answer.json()["detail"][:4]) == (422, "body")


async def test_an_odd_content_length_is_refused(server: Running) -> None:
    for length in ["-1", "abc", "1e3", "+5", "5, 6"]:
        token = server.sign_in()
        status, _ = await say(server, request("POST", RESET, token, b"{}   ", **{"Content-Length": length}))
        assert status == 400


async def test_a_method_that_an_address_does_not_take_is_refused_with_those_that_it_does(
    server: Running,
) -> None:
    async with server.client(server.sign_in()) as client:
        for method, path, takes in (("GET", "/alarms/reset", "POST"), ("PATCH", "/latest", "GET")):
            answer = await client.request(method, f"{API}{path}")
            assert (answer.status_code, answer.headers["allow"]) == (405, takes)
            assert answer.json()["detail"] == "This address does not take that method."
        for method in ("PUT", "TRACE", "NONSENSE"):
            assert (await client.request(method, "/")).status_code == 405, method
        nowhere = await client.get(f"{API}/nothing", headers={"Accept-Language": "zh"})
        assert (nowhere.status_code, nowhere.json()["detail"]) == (404, "该地址不存在。")
        assert (await client.get(f"{API}/latest/")).status_code == 404, "there is one way to write it"


async def test_an_odd_path_leads_nowhere(server: Running) -> None:
    for path in ["/%FF%00%0a", "/assets/%00", f"/{'a' * 5000}", f"{API}/%FF", f"{API}/people/a%2Fb/disable"]:
        status, _ = await say(server, request("GET", path, server.sign_in()))
        assert status == 404


async def test_bytes_that_are_no_request_are_refused(server: Running) -> None:
    token = server.sign_in()
    for path in ("/\xff\xfe", f"{API}/alarms/guidance?alarm=\xff"):
        assert (await say(server, request("GET", path, token)))[0] == 400


async def test_an_origin_that_is_no_address_is_another_site(server: Running) -> None:
    for origin in ["http://[", "http://[::1", "//[", "\xff", "http://x:99999999"]:
        status, body = await say(server, request("POST", RESET, server.sign_in(), b"{}", Origin=origin))
        assert (status, "another site" in body) == (403, True)


async def test_an_odd_cookie_opens_nothing(server: Running) -> None:
    for cookie in [
        "=",
        ";;;",
        "\xff\xfe",
        f"{COOKIE}=\xff",
        f'{COOKIE}="\\777"',
        "a" * 20_000,
        '$Version=1; x="',
    ]:
        assert (await say(server, request("GET", f"{API}/latest", Cookie=cookie)))[0] == 401


async def test_an_odd_authorization_opens_nothing(server: Running) -> None:
    for shown in ["Bearer", "Bearer ", "Bearer \xff\xfe", "Basic eDp4", "bearer gw_x", "\xff", ""]:
        assert (await say(server, request("GET", f"{API}/latest", Authorization=shown)))[0] == 401


def with_a_time(at: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Give a question with this time for every place that takes one: how, where, the field, and what is sent."""
    period: dict[str, Any] = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z"}
    readings = period | {"channel": PRESSURE}
    seen = signed({**OCCURRENCE, "raised_at": at}, PASSWORD)
    return [
        ("GET", "readings", "query.start", readings | {"start": at}),
        ("GET", "exports/readings.csv", "query.end", readings | {"end": at}),
        ("GET", "alarms/history", "query.end", period | {"end": at}),
        ("GET", "alarms/history", "after", period | {"after": f"{at} {ALARM}"}),
        ("GET", "alarms/transitions", "query.raised_at", {"alarm": ALARM, "raised_at": at}),
        ("GET", "book", "after", period | {"after": f"{at} 1 people"}),
        ("POST", "alarms/acknowledge", "body.raised_at", seen),
        ("POST", "alarms/shelve", "body.until", {"alarm": ALARM, "until": at, "reason": "a change"}),
    ]


async def test_a_time_beyond_the_calendar_is_told_as_the_field_that_it_is(keeping: Running) -> None:
    async with keeping.client(keeping.sign_in()) as client:
        for at in (NEAR_THE_BEGINNING, NEAR_THE_END, "0001-01-01T00:00:00Z", "2200-01-01T00:00:00Z"):
            for method, path, field, what in with_a_time(at):
                body, params = (None, what) if method == "GET" else (what, None)
                answer = await client.request(method, f"{API}/{path}", json=body, params=params)
                assert (answer.status_code, field in answer.json()["detail"]) == (422, True), (path, at)


@pytest.mark.parametrize("value", [0, 1.5, "0", "1772439301", True, "2026-03-02T08:15:00", "2026-03-02"])
def test_what_may_be_read_as_a_time_in_two_ways_is_none(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(asked.Moment).validate_python(value)


@pytest.mark.parametrize(
    "value", [0, 86400, "0", "20260302", "2026-03-02T00:00:00", "1949-12-31", "9999-12-31", True]
)
def test_what_may_be_read_as_a_day_in_two_ways_is_none(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(asked.Day).validate_python(value)


async def test_half_a_character_in_a_password_is_told_without_it(server: Running) -> None:
    body = b'{"name": "li", "password": "secret\\ud800"}'
    async with server.client(**{"Content-Type": "application/json"}) as client:
        answer = await client.post(f"{API}/session", content=body)
    assert answer.status_code == 422
    assert "body.password" in answer.json()["detail"]
    assert "secret" not in answer.text


async def test_nothing_with_a_nul_comes_to_be_signed_or_recorded(
    collector: Collector, keeping: Running
) -> None:
    collector.measure(10.0)
    ended = {"protection": "ISO-STM-L1/P-01", "role": "\0", "comment": ""}
    async with keeping.client(keeping.sign_in()) as client:
        for path, body, field in (
            ("alarms/acknowledge", signed({**OCCURRENCE, "alarm": "a\0b"}, PASSWORD), "alarm"),
            ("protections/reset", ended, "role"),
            ("zones/occupancy", {"zone": "\0", "occupancy": "at_rest", "reason": "night"}, "zone"),
        ):
            answer = await client.post(f"{API}/{path}", json=body)
            assert (answer.status_code, f"body.{field}" in answer.json()["detail"]) == (422, True), path
    assert keeping.service.ledger.waiting == 0


async def test_a_number_that_nothing_has_is_not_found(keeping: Running) -> None:
    for number in [-1, 0, 2**31, 2**63, 2**64, "9" * 5000, "٣", "NaN"]:
        async with keeping.client(keeping.sign_in()) as client:
            assert (await client.get(f"{API}/plant/proposals/{number}")).status_code in {404, 422}
            line = await client.get(f"{API}/book/line", params={"chain": "x", "seq": str(number)})
            assert line.status_code in {404, 422}


def test_every_answer_of_the_gate_is_told_of_every_route(settings: Settings) -> None:
    document = create_app(settings).openapi()
    operations = [
        (m.upper(), path, one) for path, every in document["paths"].items() for m, one in every.items()
    ]
    assert len(operations) > 60
    for method, path, one in operations:
        told = set(one["responses"])
        if (method, path) not in OPEN_DOORS:
            assert {str(code) for code in GATE} <= told, (method, path)
        if "requestBody" in one:
            assert {"413", "422"} <= told, (method, path)
    assert "HTTPValidationError" not in str(document)
