"""CPU lists beyond the recorded ones (tests/system/vectors/cpulist.jsonl.xz)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i2cdrv.errors import Invalid
from i2cdrv.lib.cpumask import parse_list, print_list

SCRAPS = st.sampled_from([b"0", b"7", b"63", b"64", b"-", b",", b":", b"/", b"N", b"all", b" ", b"\n", b"x", b"9" * 11])


@given(numbers=st.sets(st.integers(0, 63)))
def test_any_set_can_be_printed_and_read_again(numbers: set[int]) -> None:
    assert parse_list(print_list(numbers), 64) == numbers


@given(text=st.one_of(st.binary(max_size=20), st.lists(SCRAPS, max_size=8).map(b"".join)))
def test_any_bytes_are_a_list_or_refused(text: bytes) -> None:
    refused = None
    try:
        assert parse_list(text, 64) <= frozenset(range(64))
    except Invalid as error:
        refused = error.name
    assert refused in (None, "EINVAL", "ERANGE", "EOVERFLOW")


def test_the_list_ends_at_a_newline_after_a_region_and_at_a_nul() -> None:
    assert parse_list(b"0-3\n5-8", 64) == parse_list(b"0-3\0x", 64) == {0, 1, 2, 3}


def test_a_refusal_shows_the_accepted_values() -> None:
    with pytest.raises(Invalid, match=r"'2-1' is no list of CPUs; accepted: for example 0-3,8"):
        parse_list(b"1,2-1", 64)


def test_a_number_with_many_zeros_is_a_number() -> None:
    assert parse_list(b"0" * 5000 + b"7", 64) == {7}
    with pytest.raises(Invalid, match="beyond 32 bits"):
        parse_list(b"9" * 5000, 64)
