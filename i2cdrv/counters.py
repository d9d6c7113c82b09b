"""How often the samples of a device failed, by kind: the files of ``errors/`` in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .atomic import AtomicU64, Relaxed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .errors import Error

KINDS = {  # by errno
    "nack": ("ENXIO", "EREMOTEIO"),
    "timeout": ("ETIMEDOUT",),
    "checksum": ("EBADMSG",),
    "lost": ("ENODATA",),
    "other": (),
}


class ErrorCounters:
    """One number for each kind.  The bus thread counts; others read."""

    def __init__(self) -> None:
        self._counts = {kind: AtomicU64(0) for kind in KINDS}

    def count(self, error: Error) -> None:
        """One more of its kind."""
        kind = next((kind for kind, names in KINDS.items() if error.name in names), "other")
        self._counts[kind].add(1, Relaxed)

    def __getitem__(self, kind: str) -> int:
        return self._counts[kind].load(Relaxed)

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)
