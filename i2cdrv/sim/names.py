"""One sentence for every name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Invalid


def unknown(what: str, name: str, known: Iterable[str]) -> Invalid:
    """The error: what was wrong, what it may have meant, what is accepted."""
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(name, known, 1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return Invalid(f"{what} {name!r}{hint}; known: {', '.join(known) or 'none'}")
