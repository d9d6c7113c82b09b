"""The content of the file of a served device: its process, a description of its readings, and the latest sample.

    "123", line feed   the number of the process
    length, CRC-32     of the description, in JSON: the members of a reading that the next one has too
    length, CRC-32     of the sample: state, times and interval, then a number for each channel, or JSON

A sample of plain numbers, the usual one, is packed in less time than a transfer takes; words and errors take JSON.  It
is written over the last sample.  A reader that meets the writer finds a wrong CRC, and reads again.
"""

from __future__ import annotations

import struct
from math import isnan, nan
from zlib import crc32

from ..lib.amount import exact
from ..lib.jsontext import loads

TYPE_CHECKING = False  # as in i2cdrv/__init__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .reading import Reading

PART = struct.Struct("<II")  # length in bytes, and CRC-32
HEAD = "<16sddd?"  # state, UNIX time, CLOCK_BOOTTIME and interval in s (NaN: none), whether JSON follows
MAX_PID_LINE = 24  # bytes


class Layout:
    """The packing of the readings that have the same name and channels.  ``process``: members of its own."""

    def __init__(self, reading: Reading, process: Mapping[str, Any]) -> None:
        self.description = _part(_utf8({**reading.origin(), **process, "channels": _described(reading)}))
        self.name, self.channels = reading.name, reading.channels
        self._head, self._numbers = struct.Struct(HEAD), struct.Struct(f"<{len(reading.channels)}d")
        self._floats = all(one.kind is float for one in reading.channels)
        self._flat = not any(one.field for one in reading.channels)  # each channel is a field of the sample

    def pack(self, reading: Reading, interval: float | None, state: str) -> bytes:
        """Return the sample as a part of the file."""
        _, _, _, time, boottime, _, values, error, _, corrections = reading
        outcome = b""
        if self._floats and error is None:
            if corrections is not None or not self._flat:
                values = [value for _, value in reading.values()]
            try:  # noqa: SIM105  # contextlib would take as long as the packing
                outcome = self._numbers.pack(*values)
            except struct.error:  # one has an error, or no value
                pass
        interval = nan if interval is None else interval
        head = self._head.pack(state.encode(), time, boottime, interval, not outcome)
        content = head + (outcome or _utf8(reading.outcome()))
        return PART.pack(len(content), crc32(content)) + content


def process_of(content: bytes) -> str:
    """Return the number of the process, or a question mark."""
    line = content[:MAX_PID_LINE].partition(b"\n")[0].decode("ascii", "replace")
    return line if line.isdecimal() else "?"


def unpack(content: bytes) -> dict[str, Any]:
    """Return the reading: ``as_dict`` with chip, state, interval and the members of the process.

    Raises ValueError for content that is incomplete or damaged, or was read while it was written.
    """
    start = content.index(b"\n") + 1
    described, end = _content(content, start)
    sample, _ = _content(content, end)
    entry, head = loads(_text(described)), struct.Struct(HEAD)
    if not isinstance(entry, dict) or len(sample) < head.size:
        raise ValueError("it does not describe a reading")
    state, time, boottime, interval, is_json = head.unpack_from(sample)
    outcome = loads(_text(sample[head.size :])) if is_json else _numbers(entry.get("channels"), sample[head.size :])
    times = {"time": round(time, 3), "boottime": int(boottime * 1000) / 1000}  # no age is below 0
    now = {"state": state.rstrip(b"\0").decode(), "interval": None if isnan(interval) else interval}
    return {**{name: value for name, value in entry.items() if name != "channels"}, **times, **now, **outcome}


def _described(reading: Reading) -> dict[str, Any]:
    """Return the constant members of each channel."""
    return {
        one.name: {"unit": one.unit.symbol, "digits": one.unit.digits, **({"label": one.label} if one.label else {})}
        for one in reading.channels
    }


def _numbers(described: object, packed: bytes) -> dict[str, Any]:
    """Return the outcome of a sample of plain numbers.  Raises ValueError."""
    if not isinstance(described, dict) or len(packed) != 8 * len(described):
        raise ValueError("its sample has other channels than its description")
    values = struct.Struct(f"<{len(described)}d").unpack(packed)
    channels = {
        name: {"value": exact(value, one["digits"]), **one}
        for (name, one), value in zip(described.items(), values, strict=True)
    }
    return {"status": "ok", "channels": channels}


def _utf8(value: object) -> bytes:
    from json import dumps  # no sample of numbers needs it

    return dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogatepass")


def _part(content: bytes) -> bytes:
    return PART.pack(len(content), crc32(content)) + content


def _content(content: bytes, at: int) -> tuple[bytes, int]:
    """Return the content of the part at a place, and the place behind it.  Raises ValueError."""
    if len(content) < at + PART.size:
        raise ValueError("it is incomplete")
    length, crc = PART.unpack_from(content, at)
    at += PART.size
    found = content[at : at + length]
    if len(found) < length or crc32(found) != crc:
        raise ValueError("its CRC is wrong")
    return found, at + length
