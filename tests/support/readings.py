"""The file of a served device, as another process could have written it."""

from __future__ import annotations

import json
import struct
from math import nan
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OUTCOME = ("status", "channels", "error", "message")


def path_of(run_dir: Path, device: str) -> Path:
    return run_dir / "devices" / f"{device}.reading"


def write(run_dir: Path, device: str, entry: Mapping[str, Any]) -> None:
    """Write a reading over the content of the file, which stays locked."""
    interval = entry.get("interval")
    numbers = (float(entry.get(name, 0.0)) for name in ("time", "boottime"))
    state = str(entry.get("state", "live")).encode()
    head = struct.pack("<16sddd?", state, *numbers, nan if interval is None else interval, True)
    described = {name: value for name, value in entry.items() if name not in OUTCOME}
    outcome = {name: entry[name] for name in OUTCOME if name in entry}
    parts = _part(json.dumps(described).encode()) + _part(head + json.dumps(outcome).encode())
    path_of(run_dir, device).write_bytes(b"%d\n" % entry.get("pid", 1) + parts)


def _part(content: bytes) -> bytes:
    return struct.pack("<II", len(content), crc32(content)) + content
