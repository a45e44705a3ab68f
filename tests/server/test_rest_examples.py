"""What docs/rest.md tells other systems to send: known to the OpenAPI document, field by field, and answered."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from config.plant import Plant
from monitor.server.app import create_app
from monitor.server.gate import API
from monitor.server.rights import Deed, Role
from monitor.server.settings import Settings
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands
from tests.server.starting import making

DOCS = Path(__file__).parents[2] / "docs"
PAGE, TWIN = DOCS / "rest.md", DOCS / "rest.zh-CN.md"


@dataclass(frozen=True)
class Call:
    """One curl command."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    by_token: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("curl")]


def call(command: str) -> Call:
    """Read a command as curl would; an option that the page has not used before is an error."""
    words = iter(shlex.split(command.replace("$GW", API).replace("$AUTH", "Authorization")))
    assert next(words) == "curl"
    method, url, data, headers, in_query = "", "", list[str](), set[str](), False
    for word in words:
        match word:
            case "-sS":
                pass
            case "-H":
                headers.add(next(words))
            case "-X":
                method = next(words)
            case "-d":
                data.append(next(words))
            case "-G":
                in_query = True
            case "-o" | "-c" | "-b":
                next(words)
            case _:
                assert not url, command
                url = word
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query), *(parse_qsl("&".join(data)) if in_query else ())]
    body = None if in_query or not data else json.loads(*data)
    assert body is None or "Content-Type: application/json" in headers, command
    method = method or ("GET" if body is None else "POST")
    return Call(method, parts.path, tuple(query), body, "Authorization" in headers)


CALLS = [call(one) for one in commands(PAGE)]


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    return making(plant)


@pytest.fixture(scope="module")
def document(plant: Plant) -> dict[str, Any]:
    nowhere = Settings(plant, Path(), "", Path(), Hands().now, port=0)
    return create_app(nowhere).openapi()


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """Find what the document says of a call; a whole name wins over a part of any name."""
    fitting = [
        template
        for template in document["paths"]
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
        and method.lower() in document["paths"][template]
    ]
    assert fitting, f"{method} {path}"
    found: dict[str, Any] = document["paths"][min(fitting, key=lambda one: one.count("{"))][method.lower()]
    return found


@pytest.mark.parametrize("one", CALLS, ids=lambda one: one.name)
def test_an_example_is_what_the_document_says(document: dict[str, Any], one: Call) -> None:
    told = operation(document, one.method, one.path)
    known = {each["name"]: each for each in told.get("parameters", []) if each["in"] == "query"}
    given = {name for name, _ in one.query}
    assert given <= set(known)
    assert {name for name, each in known.items() if each.get("required")} <= given
    asked = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    assert (asked is None) == (one.body is None)
    if asked is not None:
        model = document["components"]["schemas"][asked["$ref"].rpartition("/")[2]]
        assert set(model.get("required", ())) <= set(one.body) <= set(model["properties"])


def mentioned(page: Path) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"`(GET|POST|DELETE) (/api/v1/[^`]+)`", page.read_text())


def test_whatever_the_pages_name_is_there(document: dict[str, Any]) -> None:
    named = list(mentioned(PAGE))
    assert len(named) > 8
    for method, path in named:
        if path != f"{API}/openapi.json":
            operation(document, method, path)


def test_both_languages_tell_the_same_calls() -> None:
    assert commands(PAGE) == commands(TWIN)
    assert list(mentioned(PAGE)) == list(mentioned(TWIN))
    assert len(CALLS) > 15


async def test_a_server_answers_every_example(keeping: Running, hands: Hands) -> None:
    deeds = [Deed.START_BATCH, Deed.NOTE_PLATES, Deed.READ_PAST, Deed.EXPORT, Deed.LOOK]
    ends_at = (hands.at + timedelta(hours=1)).isoformat()
    wanted = {"name": "mes", "deeds": deeds, "ends_at": ends_at, "reason": "the MES says what is made"}
    async with keeping.client(keeping.sign_in(Role.ADMIN)) as client:
        token = (await client.post(f"{API}/tokens", json=wanted)).json()["token"]
    async with (
        keeping.client(Authorization=f"Bearer {token}") as machine,
        keeping.client() as person,
    ):
        for one in CALLS:
            body = one.body
            if one.path == f"{API}/session":
                body = body and body | {"password": PASSWORD}
            client = machine if one.by_token else person
            answer = await client.request(one.method, one.path, params=one.query, json=body)
            # There is no such batch nor plate here, and no collector: that is said, in one sentence.
            assert answer.status_code in {200, 204, 404, 409, 503}, (one.name, answer.text)
            if one.name == f"POST {API}/session":
                person.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
            assert answer.is_success or answer.json()["detail"], one.name
            if one.path.startswith((f"{API}/prevention", f"{API}/exports", f"{API}/health")):
                assert answer.status_code == 200, (one.name, answer.text)
