"""Arguments of a program, checked where they come in: a wrong one raises one Invalid that lists the accepted values."""

from __future__ import annotations

import os
from math import inf
from operator import index

from ..errors import Invalid
from .limits import ADDRESSES, MAX_INTERVAL_S, MIN_INTERVAL_S

PATH_MAX, NAME_MAX = 4096, 255  # bytes, limits.h
WIDTH = 60  # characters of a value in an error


def number(name: str, value: object, least: float = -inf, most: float = inf) -> float:
    """Return a number within the bounds.  Raises Invalid; text and booleans are no numbers."""
    found = value if value.__class__ is float else _float(value)
    if found is None or not least <= found <= most:
        raise Invalid(f"{name}={shown(value)}: accepted: a number{_bounds(least, most)}")
    return found


def _float(value: object) -> float | None:
    if isinstance(value, bool | str | bytes | bytearray) or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _bounds(least: float, most: float) -> str:
    low = "" if least == -inf else f" from {least:g}"
    return low if most == inf else f"{low} to {most:g}"


def interval(value: object) -> float:
    """Return the time in s between samples.  Raises Invalid."""
    return number("interval", value, MIN_INTERVAL_S, MAX_INTERVAL_S)


def integer(name: str, value: object, accepted: range) -> int:
    """Return an integer of the range.  Raises Invalid; a float is none."""
    found = None if isinstance(value, bool) or not hasattr(value, "__index__") else _index(value)
    if found is None or found not in accepted:
        raise Invalid(f"{name}={shown(value)}: accepted: an integer from {accepted[0]} to {accepted[-1]}")
    return found


def _index(value: object) -> int | None:
    try:
        return index(value)  # type: ignore[arg-type]  # it has __index__, or this raises
    except (TypeError, ValueError, OverflowError):
        return None


def address(value: object) -> int:
    """Return the address that a number, or text such as ``0x76``, means.  Raises Invalid."""
    meant = value
    if isinstance(value, str) and value[:2] in ("0x", "0X"):
        try:
            meant = int(value, 16)
        except ValueError:
            meant = None
    try:
        return integer("addr", meant, ADDRESSES)
    except Invalid:
        accepted = f"a number from {ADDRESSES[0]:#04x} to {ADDRESSES[-1]:#04x}, such as 0x76"
        raise Invalid(f"addr={shown(value)}: accepted: {accepted}") from None


def flag(name: str, value: object) -> bool:
    """Return True or False.  Raises Invalid for anything else."""
    if not isinstance(value, bool) and value not in (0, 1):
        raise Invalid(f"{name}={shown(value)}: accepted: True or False")
    return bool(value)


def text(name: str, value: object, accepted: str) -> str:
    """Return text that may name a file, or the text of a path.  Raises Invalid."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(found, str) or not _may_be_path(found):
        raise Invalid(f"{name}={shown(value)}: accepted: {accepted}")
    return found


def _may_be_path(value: str) -> bool:
    try:
        encoded = os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return b"\0" not in encoded and len(encoded) < PATH_MAX and all(len(one) <= NAME_MAX for one in encoded.split(b"/"))


def shown(value: object) -> str:
    """Return a value as Python writes it, cut to a moderate length."""
    try:
        found = repr(value)
    except Exception:  # noqa: BLE001, RUF100  # an int of more digits than Python writes, or the caller's own mistake
        found = f"<{type(value).__name__}>"
    return found if len(found) <= WIDTH else f"{found[:WIDTH]}…"
