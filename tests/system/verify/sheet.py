"""One row of ``SHEET``: the bytes of a datasheet pass through the real driver."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import i2cdrv
from i2cdrv.core.module import load as load_module
from i2cdrv.errors import Error
from i2cdrv.sim import CHIPS
from tests.support.sheetbus import SheetBus

if TYPE_CHECKING:
    from tests.oracles import Sheet

load = cache(load_module)


def faults(row: Sheet) -> list[str]:
    """Return each value of our driver that is not the number of the sheet, in words."""
    addr = load(row.chip).driver.addresses[0] if row.addr is None else row.addr
    bus = SheetBus(addr, CHIPS[row.chip](), row.answers)
    try:
        with i2cdrv.open(row.chip, bus=bus, addr=addr, **row.params) as device:
            sample = device.sample()
    except Error as error:
        return [f"{row.chip}: {error}; {row.document}, {row.section}"]
    channels = {channel.name: channel for channel in load(row.chip).driver.channels}
    if lost := row.channels.keys() - channels:
        return [f"{row.chip}: the driver has no channel {', '.join(sorted(lost))}"]
    found = [_fault(row, name, channels[name].of(sample)) for name in row.channels]
    unread = [f"{row.chip}: the driver has not read the answer to {writes}" for writes in bus.unread]
    return [fault for fault in found if fault] + unread


def _fault(row: Sheet, name: str, value: object) -> str:
    tolerance = row.tolerance if isinstance(row.tolerance, float | int) else row.tolerance[name]
    expected = row.channels[name]
    if isinstance(value, float | int) and abs(value - expected) <= tolerance:
        return ""
    return f"{row.chip}: {name} is {value}, not {expected} ± {tolerance}: {row.document}, {row.section}"
