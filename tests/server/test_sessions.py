"""Sessions end in time, and guessing does not pay."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.server.rights import RIGHTS, Role
from monitor.server.sessions import PER_PERSON, SESSIONS_MAX, Person, Sessions, hashed
from monitor.server.tries import LOCKOUT_S, TRIES_AT_ONE_PLACE, TRIES_IN_ALL, TRIES_MAX, Tries
from tests.server.hands import Hands

LI = Person("li", Role.OPERATOR)


def sessions(hands: Hands) -> Sessions:
    return Sessions(hands.now, idle_s=900, limit_s=43_200)


def test_a_session_ends_when_it_is_not_used(hands: Hands) -> None:
    made = sessions(hands)
    token = made.open(LI)
    hands.pass_s(899)
    assert made.find(token) is not None
    hands.pass_s(899)
    assert made.find(token) is not None, "each use begins the time anew"
    hands.pass_s(900)
    assert made.find(token) is None
    hands.pass_s(-900)
    assert made.find(token) is None, "what has ended does not come back"


def test_a_session_ends_after_a_shift_however_much_it_is_used(hands: Hands) -> None:
    made = sessions(hands)
    token = made.open(LI)
    with made.live(token):
        for _ in range(71):
            hands.pass_s(600)
            assert made.find(token) is not None
        hands.pass_s(600)
        assert made.find(token) is None


def test_a_live_screen_is_use(hands: Hands) -> None:
    made = sessions(hands)
    token = made.open(LI)
    with made.live(token):
        hands.pass_s(5_000)
        assert made.find(token) is not None
    hands.pass_s(899)
    assert made.find(token) is not None
    hands.pass_s(900)
    assert made.find(token) is None


def test_signing_out_ends_one_session_only(hands: Hands) -> None:
    made = sessions(hands)
    here, there = made.open(LI), made.open(LI)
    assert here != there
    made.close(here)
    made.close(here)
    assert made.find(here) is None
    assert made.find(there) is not None


def test_too_many_sessions_end_the_one_longest_unused(hands: Hands) -> None:
    made = sessions(hands)
    tokens = []
    for number in range(SESSIONS_MAX):
        tokens.append(made.open(Person(f"person {number}", Role.OPERATOR)))
        hands.pass_s(0.5)
    made.find(tokens[0])
    made.open(LI)
    assert made.find(tokens[0]) is not None
    assert made.find(tokens[1]) is None
    assert made.find(tokens[2]) is not None


def test_nobody_signs_the_others_out_by_signing_in_time_and_again(hands: Hands) -> None:
    made = sessions(hands)
    other = made.open(Person("wang", Role.OPERATOR))
    tokens = []
    for _ in range(PER_PERSON + 3):
        hands.pass_s(0.5)
        tokens.append(made.open(LI))
    assert made.find(other) is not None
    assert [made.find(token) is not None for token in tokens] == [False] * 3 + [True] * PER_PERSON


def test_the_memory_holds_no_token(hands: Hands) -> None:
    made = sessions(hands)
    token = made.open(LI)
    assert len(token) >= 43, "256 bits in base64"
    assert token not in repr(vars(made))


def test_the_sixth_wrong_password_at_one_place_waits(hands: Hands) -> None:
    tries = Tries(hands.now)
    assert [tries.take("li", "10.0.0.1") for _ in range(5)] == [0.0] * 5
    assert tries.take("Li", "10.0.0.1") == LOCKOUT_S, "the case of the name changes nothing"
    assert tries.take("li", "10.0.0.2") == 0.0, "another station can still sign this person in"
    assert tries.take("wang", "10.0.0.1") == 0.0
    hands.pass_s(59)
    assert tries.take("li", "10.0.0.1") == 1.0
    hands.pass_s(1)
    assert tries.take("li", "10.0.0.1") == 0.0


def test_one_address_cannot_go_through_all_names(hands: Hands) -> None:
    tries = Tries(hands.now)
    waits = [tries.take(f"person {number}", "10.0.0.1") for number in range(TRIES_IN_ALL + 1)]
    assert waits == [0.0] * TRIES_IN_ALL + [LOCKOUT_S]


def test_many_addresses_cannot_go_for_one_name(hands: Hands) -> None:
    tries = Tries(hands.now)
    waits = [tries.take("li", f"10.0.0.{number}") for number in range(TRIES_IN_ALL + 1)]
    assert waits == [0.0] * TRIES_IN_ALL + [LOCKOUT_S]


def test_a_right_password_forgives_the_slips_before_it(hands: Hands) -> None:
    tries = Tries(hands.now)
    for _ in range(3 * TRIES_AT_ONE_PLACE):
        for _ in range(TRIES_AT_ONE_PLACE - 1):
            assert tries.take("li", "10.0.0.1") == 0.0
        assert tries.take("li", "10.0.0.1") == 0.0
        tries.give_back("li", "10.0.0.1")
        hands.pass_s(LOCKOUT_S)


def test_the_memory_of_tries_has_a_limit(hands: Hands) -> None:
    tries = Tries(hands.now)
    for number in range(TRIES_MAX // 2):
        tries.take(f"person {number}", f"address {number}")
    assert len(tries._counts) <= TRIES_MAX
    hands.pass_s(LOCKOUT_S)
    tries.take("li", "10.0.0.1")
    assert len(tries._counts) == 3, "what is over is forgotten"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.floats(0, 40)), max_size=200))
def test_never_more_tries_in_a_minute_than_permitted(asked: list[tuple[str, str, float]]) -> None:
    hands = Hands()
    tries = Tries(hands.now)
    went_ahead: list[tuple[str, str, datetime]] = []
    for name, address, pause_s in asked:
        hands.pass_s(pause_s)
        if tries.take(name, address) == 0.0:
            went_ahead.append((name, address, hands.at))
    for _, _, end in went_ahead:
        lately = [one for one in went_ahead if end - timedelta(seconds=LOCKOUT_S) < one[2] <= end]
        for name in "abc":
            assert sum(one[0] == name for one in lately) <= TRIES_IN_ALL
            for address in "xyz":
                assert sum(one[:2] == (name, address) for one in lately) <= TRIES_AT_ONE_PLACE


@given(st.lists(st.floats(0, 2_000), max_size=60))
def test_a_session_never_outlives_its_limits(pauses_s: list[float]) -> None:
    hands = Hands()
    made = sessions(hands)
    token = made.open(LI)
    opened, alive = hands.at, True
    for pause_s in pauses_s:
        hands.pass_s(pause_s)
        alive = alive and pause_s < 900 and hands.at - opened < timedelta(seconds=43_200)
        assert (made.find(token) is not None) is alive


def known(name: str) -> Person | None:
    return LI if name == "li" else None


def test_what_the_database_knows_comes_back_and_what_ended_does_not(hands: Hands) -> None:
    before = sessions(hands)
    kept, ended = before.open(LI, "10.0.0.1"), before.open(LI, "10.0.0.2")
    attended, _ = before.told()
    before.take(attended, known, ())
    # Ended while the database is being asked: it must not come back with what that answers.
    before.close(ended)
    before.take(attended, known, ())
    assert before.find(ended) is None
    _, told = before.told()
    assert [(one.token_hash, one.by) for one in told] == [(hashed(ended), "li")]
    there = [one for one in attended if one.token_hash != hashed(ended)]
    before.take(there, known, told)
    assert before.told()[1] == []

    after = sessions(hands)
    after.take(there, known, ())
    found = after.find(kept)
    assert found is not None
    assert (found.person, found.address) == (LI, "10.0.0.1")
    assert after.find(ended) is None
    after.take([], known, ())
    assert after.find(kept) is None, "another server has ended it"


def test_a_session_that_the_database_has_not_heard_of_stays(hands: Hands) -> None:
    made = sessions(hands)
    token = made.open(LI)
    made.take([], known, ())
    assert made.find(token) is not None


def test_a_session_has_its_person_as_that_is_known_now(hands: Hands) -> None:
    made = sessions(hands)
    mine, nobodys = made.open(LI), made.open(Person("gone", Role.QA))
    other = Person("li", Role.VIEWER)
    made.follow(lambda name: other if name == "li" else None)
    assert made.find(nobodys) is None, "the account is disabled"
    session = made.find(mine)
    assert session is not None
    assert (session.person, session.deeds) == (other, RIGHTS[Role.VIEWER])
    made.follow(lambda _: Person("li", Role.VIEWER, must_change=True))
    assert session.deeds == frozenset()


def test_what_is_over_in_time_is_told_once(hands: Hands) -> None:
    made = sessions(hands)
    token = made.open(LI)
    made.open(LI)
    hands.pass_s(900)
    assert made.find(token) is None
    assert [one.person for one in made.sweep()] == [LI, LI]
    assert made.sweep() == []
