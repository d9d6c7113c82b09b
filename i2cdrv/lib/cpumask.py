"""CPU lists such as ``0-3,8-11:2/4``: read and printed as lib/bitmap-str.c (bitmap_parselist, ``%*pbl``) does."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable

from ..errors import Invalid

_BLANKS = rb",\t\n\v\f\r \xa0"
_SEPARATORS = re.compile(rb"[%b]*" % _BLANKS)
_NUMBER = re.compile(rb"[0-9]+|N")
_UINT_MAX = 0xFFFF_FFFF


def parse_list(text: bytes, bits: int) -> frozenset[int]:
    """Return the numbers below ``bits`` in a list.

    ``a-b:u/g`` takes the first u of each group of g, ``N`` is the highest number, ``all`` is all of them.
    Raises Invalid: EINVAL, ERANGE for a number beyond the map, EOVERFLOW for one beyond 32 bits.
    """
    found: set[int] = set()
    rest = _SEPARATORS.sub(b"", text.partition(b"\0")[0], count=1)
    while rest:
        region, rest = _region(rest, bits)
        found.update(region)
        if rest[:1] == b"\n":
            break
        rest = rest[_skipped(rest) :]
    return frozenset(found)


def _skipped(rest: bytes) -> int:
    """Return the length of the separators after a region, which are required unless the list ends."""
    blanks = _SEPARATORS.match(rest)
    length = blanks.end() if blanks else 0
    if rest and not length:
        raise _invalid(rest)
    return length


def _region(text: bytes, bits: int) -> tuple[set[int], bytes]:
    """Return the numbers of one region and the rest of the text (bitmap_parse_region, bitmap_set_region)."""
    if text[:3].lower() == b"all":
        start, end, rest, is_range = 0, bits - 1, text[3:], True
    else:
        start, rest = _number(text, bits)
        is_range = rest[:1] == b"-"
        end, rest = _number(rest[1:], bits) if is_range else (start, rest)
    used = group = (end + 1) & _UINT_MAX  # an unsigned int: the highest number of all is EINVAL
    if is_range and rest[:1] == b":":
        used, group, rest = _pattern(rest[1:], bits)
    if start > end or group == 0 or used > group:
        raise _invalid(text)
    if end >= bits:
        raise Invalid(f"{end} is beyond the last, {bits - 1}", errno.ERANGE)
    return {number for number in range(start, end + 1) if (number - start) % group < used}, rest


def _pattern(text: bytes, bits: int) -> tuple[int, int, bytes]:
    used, rest = _number(text, bits)
    if rest[:1] != b"/":
        raise _invalid(text)
    return used, *_number(rest[1:], bits)


def _number(text: bytes, bits: int) -> tuple[int, bytes]:
    found = _NUMBER.match(text)
    if found is None:
        raise _invalid(text)
    digits = found.group().lstrip(b"0") or b"0"
    if digits == b"N":
        return bits - 1, text[1:]
    if len(digits) > len(str(_UINT_MAX)) or int(digits) > _UINT_MAX:
        raise Invalid("a number beyond 32 bits", errno.EOVERFLOW)
    return int(digits), text[found.end() :]


def _invalid(text: bytes) -> Invalid:
    shown = text.decode("utf-8", "backslashreplace")
    return Invalid(f"{shown!r} is no list of CPUs; accepted: for example 0-3,8 or 0-7:1/2 or all")


def print_list(numbers: Iterable[int]) -> bytes:
    """Return the shortest list: ascending, runs as ``a-b``; empty for the empty set."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return b",".join(b"%d" % first if first == last else b"%d-%d" % (first, last) for first, last in runs)
