"""A YAML value as a parameter's value: it means the same as on the command line, or it is an error."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from math import isfinite, isnan, nan
from typing import TYPE_CHECKING, Any

from ..driver.moduleparam import Array, Boolean, Callback, Float, Integer
from ..errors import Invalid
from .yaml import Items, Table, Text

if TYPE_CHECKING:
    from ..driver.moduleparam import Param
    from .yaml import Value


def argument(param: Param, value: Value) -> bytes:
    """Return the text for the argument line.  Raises Invalid with the accepted values and the text to write."""
    if isinstance(value, Table):
        raise Invalid(f"{param.name} cannot be a table; accepted: {param.accepts}")
    return _of_list(param, value) if isinstance(value, Items) else _of_text(param, value)


def number(value: Text, accepted: str) -> float:
    """Return a decimal number, such as an interval.  ``accepted``: the text for an error.

    Raises Invalid with the text to write, also for a word that YAML reads as another number, such as ``010``.
    """
    try:
        found = float(value.text)
    except ValueError:
        found = nan
    meant = value.meaning if isinstance(value.meaning, int | float) and not isinstance(value.meaning, bool) else nan
    if isnan(found):
        instead = f"{meant:g}" if isfinite(meant) else ""
        raise Invalid(f"{value.text!r} is no number; expected {accepted}{_write(instead)}")
    if meant != found and not isnan(meant):
        raise Invalid(f"{value.text} is {meant:g} to YAML and {found:g} in decimal{_write(f'{meant:g}', f'{found:g}')}")
    return found


def _of_list(param: Param, value: Items) -> bytes:
    if not isinstance(param.type, Array):
        raise Invalid(f"{param.name} has one value, not a list; accepted: {param.accepts}")
    element = param._replace(type=param.type.element)
    texts = []
    for item in value.items:
        if not isinstance(item, Text):
            raise Invalid(f"an element of {param.name} is one value, not a list or a table")
        if "," in item.text:
            raise Invalid(f"an element of {param.name} cannot contain a comma: {item.text!r}")
        texts.append(_of_text(element, item))
    line = b",".join(texts)
    param.set(line)
    return line


def _of_text(param: Param, value: Text) -> bytes:
    if value.meaning is None:
        raise Invalid(f"{param.name} has no value{_write(_example(param))}")
    text = value.text.encode("utf-8", "surrogatepass")
    if isinstance(param.type, Callback):
        return text  # only the driver can parse it, and does so once
    try:
        meant = param.set(text)
    except Invalid as error:
        raise Invalid(f"{error.message}{_write(_instead(param, value.meaning))}", error.errno) from None
    if _differs(param, value.meaning, meant):
        instead = _instead(param, value.meaning)
        shown = param.get(meant).decode()
        raise Invalid(f"{value.text} is {value.meaning} to YAML and {shown} to {param.name}{_write(instead, shown)}")
    return text


def _differs(param: Param, meaning: Any, meant: Any) -> bool:
    """Return whether YAML reads another number, or another truth value."""
    if not isinstance(meaning, bool | int | float) or not isinstance(param.type, Boolean | Integer | Float):
        return False
    return bool(meant != (bool(meaning) if isinstance(param.type, Boolean) else meaning))


def _instead(param: Param, meaning: Any) -> str:
    """Return the text for YAML's or a person's reading, if the parameter accepts it."""
    number = meaning if isinstance(meaning, bool | int | float) else _number(str(meaning))
    if number is None or not isfinite(number):
        return ""
    whole = int(number) if number == int(number) else number
    text = "NY"[bool(number)] if isinstance(param.type, Boolean) else str(whole)
    try:
        param.set(text.encode())
    except Invalid:
        return ""
    return text


def _number(text: str) -> float | None:
    """Return the number of a text as in Python or YAML 1.2, which a person may have meant."""
    for kind in (partial(int, base=0), float):
        with suppress(ValueError):
            return kind(text)
    return None


def _example(param: Param) -> str:
    """Return the meaning of the bare name on the command line, or the default, which is always accepted."""
    if param.type.noarg:
        return f"{param.name}: 1"
    text = param.get(param.default).decode("utf-8", "backslashreplace")
    return f"{param.name}: {text}" if text else f'{param.name}: ""'


def _write(*texts: str) -> str:
    known = [text for text in texts if text]
    return f"; write {' or '.join(known)}" if known else ""
