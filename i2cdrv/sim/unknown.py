"""One sentence for every name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Invalid, nearest


def unknown(what: str, name: str, known: Iterable[str]) -> Invalid:
    """The error: what was wrong, what it may have meant, what is accepted."""
    known = list(known)
    return Invalid(f"{what} {name!r}{nearest(name, known)}; known: {', '.join(known) or 'none'}")
