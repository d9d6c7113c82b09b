"""``--record FILE``: everything that is on the bus while a command runs, from the very first transfer on."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import registry as buses
from ..i2c.record import Header, Recorder, Writer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


@contextmanager
def recorded(args: argparse.Namespace, run_dir: Path | None) -> Iterator[None]:
    """Write the record that ``args`` ask for, if they do; it is complete however the command ends.

    Errors: those of opening the bus; Error if the file cannot be written.
    """
    if args.record is None:
        yield
        return
    bus = buses.acquire(args.bus, run_dir)
    try:
        adapter = bus.adapter
        header = Header(adapter.nr, adapter.name, adapter.functionality)
        with closing(Writer(Path(args.record), header)) as writer:
            recorder = Recorder(writer)
            bus.attach_tracer(recorder)
            try:
                yield
            finally:
                bus.detach_tracer(recorder)
    finally:
        bus.put()
