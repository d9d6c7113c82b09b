"""The ``channels`` of a device: labels, corrections, and formulas of derived channels.

They are read with the file.  Names and types are checked against the channels of the chip (``corrections``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..core.corrections import Correction, Corrections, Derived
from ..driver.channel import Channel
from ..errors import Error, Invalid, Unknown, nearest
from .scalar import number
from .yaml import Entry, Table, Text, is_empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .yaml import Value, Where

EXAMPLE = 'channels: {temp: {label: Attic, offset: -0.4}, dew_point: "dew_point(temp, humidity)"}'
KEYS = ("label", "offset", "scale", "formula")
MAX_LABEL = 64  # characters
MAX_FACTOR = 1e12  # of an offset, a scale and the inverse of a scale
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class ChannelEntry(NamedTuple):
    """One entry: a correction of a channel, or a derived channel with its ``formula``.

    ``places``: of the values in its table, by their keys.
    """

    where: Where
    path: str
    name: str
    correction: Correction
    formula: Text | None = None
    places: Mapping[str, Where] = {}


def parse(entry: Entry | None, path: str) -> tuple[ChannelEntry, ...]:
    """Return the entries of a device.  Errors: Invalid and Unknown with their place."""
    if entry is None or is_empty(entry.value):
        return ()
    if not isinstance(entry.value, Table):
        raise Invalid(f"{entry.value.where}: {path}: expected a table, as in {EXAMPLE}")
    return tuple(_entry(one, f"{path}.{one.key}") for one in entry.value.entries)


def _entry(entry: Entry, path: str) -> ChannelEntry:
    if isinstance(entry.value, Text) and not is_empty(entry.value):
        return ChannelEntry(entry.where, path, entry.key, Correction(), entry.value)
    fields = _fields(entry, path)
    label = _label(fields["label"], f"{path}.label") if "label" in fields else ""
    offset = _number(fields["offset"], f"{path}.offset") if "offset" in fields else 0.0
    scale = _scale(fields["scale"], f"{path}.scale") if "scale" in fields else 1.0
    formula = _text(fields["formula"], f"{path}.formula") if "formula" in fields else None
    places = {key: value.where for key, value in fields.items()}
    return ChannelEntry(entry.where, path, entry.key, Correction(label, offset, scale), formula, places)


def _fields(entry: Entry, path: str) -> dict[str, Value]:
    """Return the values of a table.  Raises Error for another value, and for keys that are unknown or do not fit."""
    if not isinstance(entry.value, Table):
        where = entry.where if is_empty(entry.value) else entry.value.where
        hint = "; write a formula in quotes" if ")" in entry.key else ""
        raise Invalid(f"{where}: {path}: expected a table or a formula, as in {EXAMPLE}{hint}")
    places = {one.key: one.where for one in entry.value.entries}
    for key, where in places.items():
        if key not in KEYS:
            raise Unknown(f"{where}: {path}: unknown key {key!r}{nearest(key, KEYS)}; known: {', '.join(KEYS)}")
        if key in ("offset", "scale") and "formula" in places:
            raise Invalid(f"{where}: {path}: a derived channel has no {key}: correct the arguments of its formula")
    return {one.key: one.value for one in entry.value.entries}


def _text(value: Value, path: str) -> Text:
    if not isinstance(value, Text) or value.meaning is None:
        raise Invalid(f"{value.where}: {path}: expected one value, as in {EXAMPLE}")
    return value


def _label(value: Value, path: str) -> str:
    text = _text(value, path)
    if not (text.text.strip() and text.text.isprintable() and len(text.text) <= MAX_LABEL):
        raise Invalid(f"{text.where}: {path}: {text.text!r}: expected one line of at most {MAX_LABEL} characters")
    return text.text


def _number(value: Value, path: str) -> float:
    text = _text(value, path)
    try:
        found = number(text, "one such as -0.4")
        if abs(found) > MAX_FACTOR:
            raise Invalid(f"{text.text} is out of range; accepted: {-MAX_FACTOR:g} … {MAX_FACTOR:g}")
    except Invalid as error:
        raise Invalid(f"{text.where}: {path}: {error.message}") from None
    return found


def _scale(value: Value, path: str) -> float:
    found = _number(value, path)
    if found == 0:
        raise Invalid(f"{value.where}: {path}: a scale is not 0: the measured value would be lost")
    if abs(found) * MAX_FACTOR < 1:
        raise Invalid(f"{value.where}: {path}: {found:g} is out of range; the smallest scale is {1 / MAX_FACTOR:g}")
    return found


# Checks against a driver.


def corrections(entries: Sequence[ChannelEntry], channels: Sequence[Channel]) -> Corrections | None:
    """Return the corrections for a driver's channels; None without an entry.  Raises Error with the place."""
    if not entries:
        return None
    _check_labels(entries, channels)
    known = {channel.name: channel for channel in channels}
    changed = {one.name: _checked(one, known) for one in entries if one.formula is None}
    return Corrections(changed, tuple(_derived(entries, channels)))


def _check_labels(entries: Sequence[ChannelEntry], channels: Sequence[Channel]) -> None:
    """Raise Invalid for a label that another channel has as its name or label."""
    names = [one.name for one in channels] + [one.name for one in entries]
    owners = dict(zip(names, names, strict=True))
    for entry in entries:
        label = entry.correction.label or entry.name
        owner = owners.setdefault(label, entry.name)
        if owner != entry.name:
            where = entry.places["label"]
            raise Invalid(f"{where}: {entry.path}.label: {label!r} is {owner} already: choose another")


def _checked(entry: ChannelEntry, channels: dict[str, Channel]) -> Correction:
    if entry.name not in channels:
        known = f"the chip has: {', '.join(channels)}"
        hint = f"{nearest(entry.name, channels)}; {known}; a derived channel has a formula, as in {EXAMPLE}"
        raise Unknown(f"{entry.where}: {entry.path}: no channel {entry.name!r}{hint}")
    changed = next((key for key in ("offset", "scale") if key in entry.places), None)
    if changed is not None and channels[entry.name].kind not in (int, float):
        where = f"{entry.places[changed]}: {entry.path}.{changed}"
        raise Invalid(f"{where}: {entry.name} is no number: only a label is possible")
    return entry.correction


def _derived(entries: Sequence[ChannelEntry], channels: Sequence[Channel]) -> Iterator[Derived]:
    from ..core.derived.expression import Mistake, parse  # not needed for a configuration without formulas

    for entry in entries:
        if entry.formula is None:
            continue
        _check_new(entry, channels)
        try:
            call = parse(entry.formula.text, channels)
        except Mistake as mistake:
            raise _at(entry, entry.formula, mistake.at, str(mistake)) from None
        yield Derived(Channel(entry.name, call.function.unit, label=entry.correction.label, derived=True), call)


def _check_new(entry: ChannelEntry, channels: Sequence[Channel]) -> None:
    """Raise Invalid for a name that a derived channel cannot have."""
    place = f"{entry.where}: {entry.path}"
    if any(entry.name == channel.name for channel in channels):
        raise Invalid(f"{place}: {entry.name} is a channel of the chip: choose another name, or write a table, as in "
                      "temp: {label: Attic}")  # fmt: skip
    if not _NAME.fullmatch(entry.name):
        raise Invalid(f"{place}: a channel's name is a lower-case letter, then letters, digits and _")


def _at(entry: ChannelEntry, formula: Text, at: int, message: str) -> Error:
    column = formula.where.column + formula.quote + at
    return Invalid(f"{formula.where._replace(column=column)}: {entry.path}: {message}")
