"""The options of ``i2cdrv load``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..console import own_dir

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv load``; ``limit``: samples to print."""

    module: str
    params: Sequence[str] = ()
    ignore_unknown: bool = False
    bus: str = "1"
    addr: int | None = None
    config: str | None = None
    force: bool = False
    force_addr: bool = False
    force_id: bool = False
    interval: float | None = None
    once: bool = False
    limit: int | None = None
    json: bool = False
    time: bool = False
    record: str | None = None
    cpus: str | None = None
    run_dir: str | None = None

    @property
    def own_dir(self) -> Path | None:
        """The run directory in which this process serves the device."""
        return own_dir(self.run_dir, self.bus)
