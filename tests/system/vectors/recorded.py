"""A file of recorded answers: one JSON object a line, .xz or plain."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

KERNEL = "7.2.12"  # whose answer counts where kernels differ
HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.jsonl.xz"))

Case = Mapping[str, Any]


def cases(file: Path) -> Iterator[Case]:
    """The cases of a file that hold for the kernel we follow."""
    with lzma.open(file, "rt") if file.suffix == ".xz" else file.open() as lines:
        for line in lines:
            case = json.loads(line)
            if any(kernel.startswith(KERNEL) for kernel in case["kernels"]):
                yield case


def text(escaped: str) -> bytes:
    """The bytes of a recorded string; where it was beyond Latin-1, its UTF-8."""
    characters = escaped.encode("ascii").decode("unicode_escape")
    try:
        return characters.encode("latin-1")
    except UnicodeEncodeError:
        return characters.encode()


def escaped(line: bytes) -> str:
    """A log line as /dev/kmsg shows it."""
    return "".join(chr(byte) if 32 <= byte < 127 and byte != 0x5C else f"\\x{byte:02x}" for byte in line)
