r"""Text that cannot steer a terminal.

Drivers, chips, files and other processes supply names, descriptions and errors.  Control characters, bidirectional
overrides, line separators, invisible characters and lone surrogates in them become escapes; letters, signs and spaces
of every language stay.  A line break becomes ``\n``: one line stays one line.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SPACES = frozenset("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")


def printable(text: str) -> str:
    r"""Escape as Python does: ``\x1b``, ``\u202e``."""
    return _escaped(text, _python)


def printable_json(text: str) -> str:
    r"""Escape as JSON does (``\u001b``, RFC 8259 §7): a program that reads the JSON text finds the same strings."""
    return _escaped(text, _json)


def as_json(value: Any) -> str:
    """Write a value as one line of JSON.  Errors: TypeError for a value that JSON cannot represent."""
    import json  # commands for people do without it

    return printable_json(json.dumps(value, ensure_ascii=False))


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in SPACES else escape(c) for c in text)


def _python(character: str) -> str:
    return ascii(character)[1:-1]


def _json(character: str) -> str:
    code = ord(character)
    units = [code] if code < 0x10000 else [0xD7C0 + (code >> 10), 0xDC00 + (code & 0x3FF)]  # UTF-16
    return "".join(f"\\u{unit:04x}" for unit in units)
