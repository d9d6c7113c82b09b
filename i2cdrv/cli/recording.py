"""``--record FILE``: all transfers of a bus while a command runs, from the first one on."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import registry as buses
from ..i2c.record import Header, Recorder, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..i2c.adapter import Adapter


@contextmanager
def recorded(record: str | Path | None, bus: str | int | Adapter, run_dir: Path | None) -> Iterator[None]:
    """Write the transfers of a bus to the file ``record``, if it is named; the file is complete however the block ends.

    Errors: those of opening the bus; Error if the file cannot be written.
    """
    if record is None:
        yield
        return
    recorded_bus = buses.acquire(bus, run_dir)
    try:
        adapter = recorded_bus.adapter
        header = Header(adapter.nr, adapter.name, adapter.functionality)
        with closing(Writer(Path(record), header)) as writer:
            recorder = Recorder(writer)
            recorded_bus.attach_tracer(recorder)
            try:
                yield
            finally:
                recorded_bus.detach_tracer(recorder)
    finally:
        recorded_bus.put()
