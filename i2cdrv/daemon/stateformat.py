"""The form of the daemon's state file: a line with the format's number and a checksum, then JSON."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib import import_module

FORMAT = 1
HEAD = f"i2cdrv-state {FORMAT} sha256:"
_NUMBERED = re.compile(rb"i2cdrv-state ([0-9]{1,9})(?: .*)?")


class Newer(Exception):
    """A file of a later format, which this version cannot read; ``format`` is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"format {number}, which is newer than {FORMAT}")
        self.format = number


def sealed(body: bytes) -> bytes:
    """Return the content of a file with the JSON."""
    return head(body) + b"\n" + body


def head(body: bytes) -> bytes:
    return f"{HEAD}{_sha256(body)}".encode()


def _sha256(body: bytes) -> str:
    """Return the digest, from the module in C: hashlib loads OpenSSL, which takes 4 MB."""
    for name in ("_sha2", "_sha256"):  # since Python 3.12; before
        with suppress(ImportError):
            return str(import_module(name).sha256(body).hexdigest())
    return import_module("hashlib").sha256(body).hexdigest()  # type: ignore[no-any-return]


def opened(content: bytes) -> bytes:
    """Return the JSON of a file.  Raises Newer; ValueError for a damaged or different file."""
    first, _, body = content.partition(b"\n")
    if first == head(body):
        return body
    if not content.strip(b"\0"):
        raise ValueError("it is empty, as after a power failure")
    numbered = _NUMBERED.fullmatch(first)
    if numbered is None:
        raise ValueError("it is not a state file")
    if int(numbered[1]) > FORMAT:
        raise Newer(int(numbered[1]))
    raise ValueError("its checksum is wrong")
