"""Names found by patterns: the same as by looking at every one of them, in the order in which they were given."""

from fnmatch import fnmatchcase

from hypothesis import example, given
from hypothesis import strategies as st

from config.names import Names

WORDS = st.text(alphabet="ab/[]", max_size=6)
PATTERNS = st.text(alphabet="ab/*?[]!", max_size=6)


@given(names=st.lists(WORDS, unique=True, max_size=8), pattern=PATTERNS)
@example(names=["ab", "aab", "a"], pattern="a*ab")
@example(names=["a/b", "a/", "a"], pattern="a/*")
@example(names=["b", "ab", "aab"], pattern="*b")
def test_a_pattern_finds_what_it_matches_in_the_order_given(names: list[str], pattern: str) -> None:
    assert Names(names).matching(pattern) == [name for name in names if fnmatchcase(name, pattern)]
