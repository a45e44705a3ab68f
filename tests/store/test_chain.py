"""The hash chain's arithmetic, against vectors computed by other means, and against what jsonb gives back."""

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.store import chain
from monitor.store.database import Connection

# printf '%s' "$(printf '0%.0s' $(seq 64)){\"at\":…}" | sha256sum      (coreutils 9.1; the text is CANONICAL below)
CANONICAL = (
    '{"at":"2026-03-01T12:00:00.000000+00:00","body":{"limit":"舱室压力","new":12.5,"old":30},'
    '"chain":"STM","kind":"note","seq":1,"who":"zhang"}'
)
FIRST_HASH = "17625faff8fb395bd8c882f1af9b2f140759d6b6062c89757e454a25c7c2a3c6"
# The same again with that hash in front, and `"seq":2`.
SECOND_HASH = "4565e99295d51fedab612fbd673dfbfba52629ea5ecfbd0d916d3fb81b8763e8"

FACTS: dict[str, Any] = {
    "chain": "STM",
    "at": datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
    "kind": "note",
    "who": "zhang",
    "body": {"old": 30.0, "new": 12.5, "limit": "舱室压力"},
}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    # jsonb holds neither the zero character nor half a surrogate pair; nor can UTF-8.
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_the_hashes_are_those_of_sha256sum() -> None:
    first = chain.link(chain.FIRST, seq=1, **FACTS)
    assert first == FIRST_HASH
    assert chain.link(first, seq=2, **FACTS) == SECOND_HASH


def test_the_time_counts_as_an_instant_not_as_it_is_written() -> None:
    shanghai = FACTS["at"].astimezone(timezone(timedelta(hours=8)))
    assert chain.link(chain.FIRST, seq=1, **(FACTS | {"at": shanghai})) == FIRST_HASH


@pytest.mark.parametrize(
    "change",
    [
        {"chain": "STN"},
        {"at": datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)},
        {"kind": "notes"},
        {"who": "zhang "},
        {"body": {}},
    ],
)
def test_every_fact_counts(change: dict[str, Any]) -> None:
    assert chain.link(chain.FIRST, seq=1, **(FACTS | change)) != FIRST_HASH


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        (1.0, "1"),
        (-0.0, "0"),
        (1e22, "10000000000000000000000"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        ("é\n/", '"é\\n/"'),
    ],
)
def test_canonical_json(value: object, text: str) -> None:
    assert chain.canonical(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_json_does_not_have_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        chain.canonical({"value": value})


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON)
async def test_what_jsonb_gives_back_is_written_the_same(sql: Connection, value: object) -> None:
    written = chain.canonical(value)
    stored = await sql.fetchval("SELECT $1::text::jsonb::text", written)
    assert chain.canonical(json.loads(stored)) == written
