"""A recorded conversation: a text file with one JSON object per line, to read, mail and replay (``replay.py``).

The first line is the header: format, version, the bus, and the devices whose drivers were bound before (their probe is
not in the file).  Each further line is an event (``event.py``); the first is at 0 s.  No line has a path, a host name,
a user name or a serial number: a record can be published.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import Error, Invalid, NotSupported, Unknown
from ..lib.log.logger import log
from ..lib.version import __version__
from . import eventjson
from .adapter import Functionality
from .event import Bound, Event, FromZero, Lost

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

FORMAT, VERSION = "i2cdrv record", 1
MAX_LINE_BYTES = 1 << 20  # the longest transfer that the kernel takes has 700 kB
MAX_BUSES = 1 << 20

_encode = json.JSONEncoder(ensure_ascii=False).encode
_PIECE = re.compile(r"[A-Za-z]*[0-9]{0,4}[A-Za-z]*")  # bcm2835, I801, i2c, efa0, 001
_PLACE = re.compile(r"[a-z0-9-]+@[0-9a-f]{1,10}|[0-9a-f]{1,10}\.i2c")  # i2c@7e804000, 1f00074000.i2c
_LONGEST_PIECE = 8  # letters and digits together; a serial number is longer


class Header(NamedTuple):
    """The bus of a record.  ``devices``: bound before the first event.  ``made_by``: the version of i2cdrv."""

    nr: int
    name: str
    functionality: Functionality
    devices: Sequence[Bound] = ()
    made_by: str = __version__

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "i2cdrv": self.made_by,
            "bus": self.nr,
            "adapter": anonymous(self.name),
            "functionality": f"{self.functionality:#x}",
            "devices": [{"addr": f"{device.addr:#04x}", **device.driver()} for device in self.devices],
        }


class Record(NamedTuple):
    """The content of a file.  ``events``: with their line numbers.  ``warning``: why it ends early, or empty."""

    path: Path
    header: Header
    events: Sequence[tuple[int, Event]]
    warning: str = ""

    def bindings(self) -> list[Bound]:
        """Return every device that a driver was bound to, in the order of time."""
        return [*self.header.devices, *(one for _, one in self.events if isinstance(one, Bound))]


def anonymous(name: str) -> str:
    """Remove the parts of an adapter's name that identify a machine: i2c-cp2615 uses its USB serial number."""
    if " " not in name and any(letter.isdigit() for letter in name) and "i2c" not in name.casefold():
        return "adapter"
    return re.sub(r"[^\s()]+", lambda word: word[0] if _harmless(word[0]) else "…", name)


def _harmless(word: str) -> bool:
    if word.startswith("/") or word.count("/") > 1 or not word.isprintable():
        return False
    pieces = re.split(r"[-_.:,/@]", word)
    return _PLACE.fullmatch(word) is not None or all(
        piece.isalpha() or (len(piece) <= _LONGEST_PIECE and _PIECE.fullmatch(piece)) for piece in pieces if piece
    )


class Writer:
    """Writes a record, line by line."""

    def __init__(self, path: Path, header: Header) -> None:
        """Create or overwrite the file.  Raises Error if it cannot be written."""
        self._path = path
        self._from_zero = FromZero()
        try:
            self._file = path.open("wb", buffering=0)  # each line is in the file at once
        except (OSError, ValueError) as fault:
            raise self._failure(fault) from None
        try:
            self._write(header.as_dict())
        except Error:
            self._file.close()
            raise

    def _failure(self, fault: OSError | ValueError) -> Error:
        if not isinstance(fault, OSError):
            return Invalid(f"{self._path!s:.200} cannot be written: {fault}; choose another file with --record")
        cause = fault.strerror or fault
        return Error(f"{self._path} cannot be written: {cause}; choose another file with --record", fault.errno)

    def _write(self, line: dict[str, Any]) -> None:
        data = memoryview(_encode(line).encode("utf-8", "backslashreplace") + b"\n")
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as fault:
            raise self._failure(fault) from None

    def write(self, event: Event) -> None:
        """Write one event.  Raises Error if that fails."""
        self._write(self._from_zero(event).as_dict())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read(path: Path) -> Record:
    """Read the record in a file; a record that was cut off, or that lost events, is good up to there.

    Errors: Unknown without such a file, Error if it cannot be read, NotSupported for another version, Invalid, with the
    line, for a file that is no record.
    """
    try:
        with path.open("rb") as file:
            lines = _lines(path, file)
            header = _header(path, lines)
            return _events(path, header, lines)
    except FileNotFoundError:
        raise Unknown(f"there is no record {path}; i2cdrv load MODULE --record FILE makes one") from None
    except OSError as fault:
        if isinstance(fault, Error):
            raise
        raise Error(f"the record {path} cannot be read: {fault.strerror}", fault.errno) from None


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise _invalid(path, number, f"a line of more than {MAX_LINE_BYTES} bytes")
        yield number, line


def _invalid(path: Path, number: int, cause: str) -> Invalid:
    return Invalid(f"{path}, line {number}: {cause}; the file is damaged, or is no record")


def _object(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise Invalid("not a JSON object") from None


def _header(path: Path, lines: Iterator[tuple[int, bytes]]) -> Header:
    number, line = next(lines, (1, b""))
    try:
        return parsed_header(_object(line))
    except NotSupported as error:
        raise NotSupported(f"{path}: {error.message}") from None
    except Invalid as error:
        raise _invalid(path, number, f"no header of a record: {error.message}") from None


def parsed_header(line: Any) -> Header:
    """Return the header of an object of JSON.  Errors: Invalid for another value, NotSupported for another version."""
    if not isinstance(line, dict) or line.get("format") != FORMAT:
        raise Invalid(f'it begins with {{"format": "{FORMAT}", …')
    made_by = eventjson.text(line, "i2cdrv")
    if line.get("version") != VERSION:
        raise NotSupported(
            f"version {line.get('version')!r:.20} of the format, of which i2cdrv {__version__} knows version {VERSION}:"
            f" play it with the i2cdrv that made it, {made_by}"
        )
    nr, devices = line.get("bus"), line.get("devices")
    if not isinstance(nr, int) or isinstance(nr, bool) or not 0 <= nr < MAX_BUSES:
        raise Invalid("bus is not a number")
    if not isinstance(devices, list) or not all(isinstance(device, dict) for device in devices):
        raise Invalid("devices is not a list of objects")
    bound = [Bound(0.0, eventjson.address(device, "addr"), *eventjson.driver(device)) for device in devices]
    functionality = Functionality(eventjson.hexadecimal(line, "functionality", 0xFFFFFFFF))
    return Header(nr, eventjson.text(line, "adapter"), functionality, bound, made_by)


def _events(path: Path, header: Header, lines: Iterator[tuple[int, bytes]]) -> Record:
    events: list[tuple[int, Event]] = []
    for number, line in lines:
        try:
            found = eventjson.parse(_object(line))
        except Invalid as error:
            if line.endswith(b"\n"):
                raise _invalid(path, number, error.message) from None
            return Record(path, header, events, f"{path} is cut off in line {number}: it is replayed up to there")
        if isinstance(found, Lost):
            warning = f"{path}, line {number}: {found.number} events were lost here; it is replayed up to there"
            return Record(path, header, events, warning)
        events.append((number, found))
    return Record(path, header, events)


class Recorder:
    """A tracer that writes a record; a full disk ends the record, not the sampling."""

    def __init__(self, writer: Writer) -> None:
        self._writer: Writer | None = writer

    def __call__(self, event: Event) -> None:
        if self._writer is not None:
            try:
                self._writer.write(event)
            except Error as error:
                self._writer = None
                log("error", "record ended", error=error.message)
