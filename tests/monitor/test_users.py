"""Accounts from the command line, and the demo's people."""

import asyncio
import json
from datetime import UTC, datetime

import asyncpg
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.demo_people import PEOPLE, make_people
from monitor.server.rights import SUBJECTS
from monitor.store.people import told_apart
from tests.database import Server

AT = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


@pytest.fixture
def url(timescale: Server) -> str:
    return asyncio.run(timescale.fresh())


def user(*words: str, url: str) -> Result:
    return CliRunner().invoke(app, ["user", *words, "--database", url])


def asked(url: str, query: str) -> list[asyncpg.Record]:
    async def work() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    return asyncio.run(work())


def test_the_first_administrator_is_added_and_has_to_choose_a_password(url: str) -> None:
    added = user("add", "sun", "--role", "admin", "--display", "Sun Yan", url=url)
    assert added.exit_code == 0, added.output
    name, _, password = added.output.splitlines()[0].partition(": ")
    (row,) = asked(url, "SELECT * FROM person")
    assert (name, row["role"], row["display"], row["must_change"]) == ("sun", "admin", "Sun Yan", True)
    assert PasswordHasher().verify(row["password_hash"], password)
    (line,) = asked(url, "SELECT * FROM book")
    assert (line["chain"], line["kind"]) == ("people", "account_added")
    assert json.loads(line["body"])["new"]["role"] == "admin"
    assert password not in line["body"]


def test_a_name_is_given_once_and_what_happens_to_it_is_told(url: str) -> None:
    assert user("add", "sun", "--role", "admin", url=url).exit_code == 0
    before = asked(url, "SELECT password_hash FROM person")
    for words in (("disable", "sun"), ("unlock", "sun"), ("reset", "sun")):
        assert user(*words, "--reason", "tried", url=url).exit_code == 0, words
    assert asked(url, "SELECT password_hash FROM person") != before
    listed = user("list", url=url).output
    assert "administrator" in listed
    assert "已停用" in listed
    again = user("add", "Sun", "--role", "viewer", url=url)
    assert (again.exit_code, "choose another" in again.output) == (1, True)
    unknown = user("disable", "nobody", url=url)
    assert (unknown.exit_code, unknown.output) == (
        1,
        "there is no account nobody; see: gradewatch user list\n",
    )
    kinds = [row["kind"] for row in asked(url, "SELECT kind FROM book ORDER BY seq")]
    assert kinds == ["account_added", "account_disabled", "account_unlocked", "password_reset"]


def test_the_demo_has_one_of_each_once_and_trained(url: str) -> None:
    passwords = {role.value: f"a password of {role}" for role in PEOPLE}
    for _ in range(2):
        asyncio.run(make_people(url, passwords, AT))
    rows = asked(url, "SELECT name, role FROM person ORDER BY name")
    assert [(row["name"], row["role"]) for row in rows] == sorted((role.value, role.value) for role in PEOPLE)
    (count,) = asked(url, "SELECT count(*) AS n FROM training")
    assert count["n"] == len(PEOPLE) * len(SUBJECTS)


def test_a_subject_is_linked_to_one_account_only(url: str) -> None:
    for name in ("sun", "zhou"):
        assert user("add", name, "--role", "viewer", url=url).exit_code == 0
    at = ("--issuer", "https://id.example")
    assert user("link", "sun", "8f1e", *at, url=url).exit_code == 0
    taken = user("link", "zhou", "8f1e", *at, url=url)
    assert (taken.exit_code, "somebody else" in taken.output) == (1, True)
    assert user("link", "nobody", "8f1f", *at, url=url).exit_code == 1
    assert user("link", "sun", "", *at, url=url).exit_code == 0
    assert user("link", "zhou", "8f1e", *at, url=url).exit_code == 0
    rows = asked(url, "SELECT name, oidc_issuer, oidc_subject FROM person ORDER BY name")
    assert [tuple(row) for row in rows] == [("sun", "", ""), ("zhou", "https://id.example", "8f1e")]


@pytest.mark.parametrize(
    "name",
    [" sun", "sun ", "su  n", "su\u200bn", "ｓｕｎ", "su\u202en", "su\u00a0n", "token mes", "Gradewatch"],
)  # fmt: skip
def test_a_name_that_may_be_taken_for_another_is_none(name: str) -> None:
    refused = user("add", name, "--role", "viewer", url="postgresql://nobody@127.0.0.1:1/none")
    assert (refused.exit_code, "choose a name" in refused.output) == (2, True)


@pytest.mark.parametrize("name", ["sun", "李明", "Sun Yan", "o'neil", "sun.yan@plant.example"])
def test_a_name_of_any_script_is_one(name: str) -> None:
    assert told_apart(name) == name
