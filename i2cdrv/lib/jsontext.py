"""JSON for commands that must start quickly: json imports re, and so takes longer than all the rest of them."""

from __future__ import annotations

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SPACE = " \t\n\r"  # RFC 8259 §2


class Lenient:
    """The settings of ``json.loads``."""

    strict, object_hook, object_pairs_hook, memo = True, None, None, None
    parse_float, parse_int, parse_constant = float, int, float


class Plain(Lenient):
    """JSON as RFC 8259 has it: for Python's NaN, int raises ValueError."""

    parse_constant = int  # type: ignore[assignment]


def loads(text: str, settings: type[Lenient] = Lenient) -> Any:
    """Return the value in a JSON text.  Raises ValueError, RecursionError."""
    text = text.strip(SPACE)
    try:
        found, end = _scanner(settings)(text, 0)
    except StopIteration:
        raise ValueError("there is no value") from None
    if end != len(text):
        raise ValueError("something follows the value")
    return found


def quote(text: str) -> str:
    """Return a text as JSON has it, like ``json.dumps`` with ``ensure_ascii=False``."""
    try:
        from _json import encode_basestring  # the function in C
    except ImportError:  # another Python
        from json.encoder import encode_basestring
    return str(encode_basestring(text))


def _scanner(settings: type[Lenient]) -> Callable[[str, int], tuple[Any, int]]:
    try:
        from _json import make_scanner  # the module in C

        return make_scanner(settings)  # type: ignore[arg-type]
    except (ImportError, AttributeError):  # another Python, or another version
        from json import JSONDecoder

        return JSONDecoder(parse_constant=settings.parse_constant).raw_decode
