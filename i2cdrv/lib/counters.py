"""The counters of a device: the files of ``errors/`` and ``recovery/`` in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..atomic import AtomicU64, Relaxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..errors import Error

KINDS = {  # by errno
    "nack": ("ENXIO", "EREMOTEIO"),
    "timeout": ("ETIMEDOUT",),
    "checksum": ("EBADMSG",),
    "lost": ("ENODATA",),
    "range": ("ERANGE",),
    "absent": ("ENODEV",),
    "other": (),
}


STEPS = {  # of recovery: the files of ``recovery/``
    "retries": "retries of transfers and samples",
    "rereads": "samples read again, because they were far from the last one",
    "reprobes": "initializations after the first",
    "searches": "searches for an absent chip",
    "recoveries": "returns to the state live",
    "rebinds": "bindings after the driver was ejected",
}


class Counters:
    """One number for each name.  The bus thread counts, and any thread reads."""

    def __init__(self, names: Iterable[str]) -> None:
        self._counts = {name: AtomicU64(0) for name in names}

    def add(self, name: str) -> None:
        """Count one."""
        self._counts[name].add(1, Relaxed)

    def __getitem__(self, name: str) -> int:
        return self._counts[name].load(Relaxed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)


class ErrorCounters(Counters):
    """One number for each kind of error."""

    def __init__(self) -> None:
        super().__init__(KINDS)

    def count(self, error: Error) -> None:
        """Count an error by its kind."""
        self.add(next((kind for kind, names in KINDS.items() if error.name in names), "other"))
