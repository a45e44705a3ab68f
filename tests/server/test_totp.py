"""The second factor: the codes of the RFC, each once, and a door that asks for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.totp import STEP_S, Codes, code_of, make_secret
from monitor.server.tries import TRIES_AT_ONE_PLACE
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""That of RFC 6238, appendix B: the ASCII of 12345678901234567890."""


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-1: the last six of its eight digits."""
    assert code_of(SECRET, seconds // STEP_S) == code


@given(st.integers(-5, 5))
def test_a_code_is_good_for_its_half_minute_and_the_ones_beside_it_once(off: int) -> None:
    hands, codes = Hands(), Codes()
    code = code_of(SECRET, int(hands.at.timestamp()) // STEP_S + off)
    assert codes.fits("li", SECRET, code, hands.at) is (abs(off) <= 1)
    assert not codes.fits("li", SECRET, code, hands.at)
    assert codes.fits("wang", SECRET, code, hands.at) is (abs(off) <= 1)


def test_a_secret_is_a_new_one_each_time_and_what_is_none_is_told() -> None:
    assert len({make_secret() for _ in range(20)}) == 20
    with pytest.raises(ValueError, match="base32"):
        code_of("not base32!", 1)


async def test_who_took_one_on_signs_in_with_it_only_until_it_is_dropped(
    keeping: Running, hands: Hands
) -> None:
    def now() -> str:
        return code_of(SECRET, int(hands.at.timestamp()) // STEP_S)

    who = {"name": "cao", "password": PASSWORD}
    async with keeping.client(keeping.sign_in(Role.OPERATOR)) as client, keeping.client() as door:
        made = (await client.post(f"{API}/session/totp/secret")).json()
        assert made["secret"] in made["uri"]
        taken = {"password": PASSWORD, "secret": SECRET, "code": "000000"}
        assert (await client.post(f"{API}/session/totp", json=taken)).status_code == 422
        assert (await client.post(f"{API}/session/totp", json={**taken, "code": now()})).status_code == 204
        assert (await door.post(f"{API}/session", json=who)).status_code == 428
        assert (await door.post(f"{API}/session", json={**who, "code": now()})).status_code == 401, "used"
        hands.pass_s(STEP_S)
        assert (await door.post(f"{API}/session", json={**who, "code": now()})).status_code == 204
        hands.pass_s(10 * STEP_S)
        for _ in range(TRIES_AT_ONE_PLACE):
            assert (await door.post(f"{API}/session", json={**who, "code": "000000"})).status_code == 401
        late = await door.post(f"{API}/session", json={**who, "code": now()})
        assert late.status_code == 429, "right passwords beside them gain nothing"
        async with keeping.client(keeping.sign_in(Role.ADMIN)) as admin:
            answer = await admin.post(f"{API}/people/cao/totp/drop", json={"reason": "device lost"})
            assert answer.status_code == 204
        assert (await door.post(f"{API}/session", json=who)).status_code == 204
    await keeping.service.ledger.settled()
    async with keeping.service.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT kind, body FROM book WHERE kind LIKE 'second_factor%' ORDER BY seq"
        )
    assert [row["kind"] for row in rows] == ["second_factor_taken_on", "second_factor_dropped"]
    assert SECRET not in str([row["body"] for row in rows])
