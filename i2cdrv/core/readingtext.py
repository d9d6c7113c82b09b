"""A reading as another process has sent it, or left it in a file, in words for people.

Commands that only print a reading import this, and neither units nor errors.
"""

from __future__ import annotations

from ..lib.amount import with_unit

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_DIGITS = 9  # after the point, whatever another process sends


def values_of(reading: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the channels of a reading that have a value; none if it has none."""
    return {name: one for name, one in _channels(reading).items() if one.get("value") is not None}


def faults_of(reading: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the channels of a reading that have none, and why: ``the input is open (ERANGE)``."""
    faulty = {name: one for name, one in _channels(reading).items() if one.get("value") is None}
    return {name: f"{one.get('message')} ({one.get('error')})" for name, one in faulty.items()}


def _channels(reading: Mapping[str, Any]) -> Mapping[str, Any]:
    return reading.get("channels") or {} if reading["status"] == "ok" else {}


def failure_of(reading: Mapping[str, Any]) -> str:
    """Return why a reading has no value: ``no answer (ENXIO)``; nothing if it has one."""
    if values_of(reading):
        return ""
    return f"{reading.get('message') or 'no reason is given'} ({reading.get('error') or 'EIO'})"


def as_lines(reading: Mapping[str, Any]) -> list[str]:
    """Return a line for each channel: ``temp 21.47 °C``, or ``temp no value: the input is open (ERANGE)``."""
    faults = faults_of(reading)
    return [
        f"{title_of(reading, name)} no value: {faults[name]}"
        if name in faults
        else f"{title_of(reading, name)} {shown(one)}"
        for name, one in _channels(reading).items()
    ]


def title_of(reading: Mapping[str, Any], channel: str) -> str:
    """Return the name of a channel for a person: its label, if it has one."""
    return str(_channels(reading)[channel].get("label") or channel)


def channel_of(reading: Mapping[str, Any], word: str) -> str | None:
    """Return the channel with a name or, if there is none, with a label; None if there is neither."""
    channels = _channels(reading)
    if word in channels:
        return word
    return next((name for name, one in channels.items() if one.get("label") == word), None)


def bare(channel: Mapping[str, Any]) -> str:
    """Return a value with all digits and without its unit."""
    return str(channel.get("text") or channel["value"])


def shown(channel: Mapping[str, Any]) -> str:
    """Return a value for a person, as ``Unit.show`` does; an older process sends no number of digits."""
    digits, value, symbol, text = channel.get("digits"), channel["value"], channel["unit"], channel.get("text")
    if isinstance(text, str) and text:
        return text
    if not isinstance(digits, int):
        return f"{value} {symbol}".rstrip()
    return with_unit(value, min(max(digits, 0), MAX_DIGITS), symbol)
