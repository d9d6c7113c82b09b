"""The cost of one full sample on the wire: our drivers, the peers', and the least the datasheet allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import i2cdrv
from i2cdrv.core import module
from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Message
from i2cdrv.sim import CHIPS, Chip, SimAdapter
from tests import oracles
from tests.system.verify.install import installed
from tests.system.verify.world import Reader

from . import peers
from .guest.meter import PAUSE, TRUTH, Cost, Values, bus_with, measure
from .guest.subjects import ADAFRUIT, SUBJECTS, Sample
from .minimum import MINIMUM, transfers
from .table import NONE, Table, number, times

SHEET = "bare smbus2: the sheet's minimum"
SAMPLES = 12  # of ours; some of them check the chip
OPTIONS: Mapping[str, str] = {"bme280": "normal"}  # measured in this mode too

UNITS = {"temp": ("°C", 2), "pressure": ("Pa", 0), "humidity": ("%", 1), "voltage": ("V", 3), "current": ("A", 3)}
TOLERANCE = {"temp": 0.26, "pressure": 60.0, "humidity": 0.5, "voltage": 0.01, "current": 0.002}


class Row(NamedTuple):
    """``cost`` is a text where there is none: why."""

    chip: str
    mode: str
    driver: str
    cost: Cost | str


def run() -> Table:
    rows = [row for chip, mode in chips() for row in _rows(chip, mode)]
    return Table(
        "(a) Wire cost of one full sample at 100 kHz",
        "Second sample of each driver, unmodified, default settings, on the same simulated chip with the same inputs"
        " (the cheapest of twelve of i2cdrv, which checks the chip every 10 s);"
        " tr. = START … STOP; bytes with address bytes; wall with all waits.\nThe minimum is one read in a transfer (a"
        " Pi 0-4 can do no more).  i2cdrv reads the BME280's settings along (5 bytes) to notice a power dip, and has"
        " an INA2xx measure on demand (14 bytes), so that its two values are of one moment; Adafruit's and"
        " Pimoroni's oversample more than the others, and poll meanwhile.  A peer without a call in parentheses has one"
        " read of each channel (tests/oracles).",
        ("chip", "driver", ">init tr.", ">tr.", ">bytes", ">bus ms", ">× minimum", ">wall ms", "value"),
        [_cells(row, _least(row, rows)) for row in rows],
        {"truth": TRUTH, "rows": [_raw(row) for row in rows]},
    )


def chips() -> list[tuple[str, str]]:
    """Every chip of ours that is simulated; of a family the first, and those with a minimum here."""
    modules = [module.load(name) for name in module.available()]
    simulated = [[chip for chip in each.chips if chip in CHIPS] for each in modules]
    chosen = [chip for chips in simulated for chip in chips if chip == chips[0] or chip in MINIMUM]
    return [(chip, mode) for chip in chosen for mode in ("", OPTIONS.get(chip)) if mode is not None]


def _rows(chip: str, mode: str) -> Iterator[Row]:
    if least := transfers(f"{chip} {mode}".strip(), module.load(chip).driver.addresses[0]):
        yield Row(chip, mode, SHEET, bare(chip, least))
    yield Row(chip, mode, "i2cdrv", ours(chip, mode))
    for environment, subjects in SUBJECTS.items():
        for name, subject in subjects.items():
            if (subject.chip, subject.mode) == (chip, mode):
                yield _peer(environment, name)
    if not mode:
        yield from _oracles(chip)


def _oracles(chip: str) -> Iterator[Row]:
    """The drivers that judge the chip, but for the drivers that are measured above in an environment of their own."""
    measured = {subject.distribution.lower() for subjects in SUBJECTS.values() for subject in subjects.values()}
    rows = {row.name: row for row in oracles.peers() if row.chip == chip}
    for row in rows.values():
        if row.name not in {name.replace(".", "-") for name in measured}:
            label = row.distribution.replace(ADAFRUIT, "adafruit ").replace("==", " ")
            yield Row(chip, "", label, _judge(row))


def _judge(row: oracles.Peer) -> Cost | str:
    if row.distribution not in installed():
        return "not installed: make verify"
    addr = module.load(row.chip).driver.addresses[0] if row.addr is None else row.addr
    try:
        return measure(bus_with(row.chip, addr), partial(_read_by, row, addr), max(PAUSE, row.settle))
    except Exception as error:
        return f"fails: {error}"


def _read_by(row: oracles.Peer, addr: int, bus: SimAdapter) -> Sample:
    reader = Reader(row, bus, addr)
    bus.clock.sleep(row.settle)
    return reader.sample


class Willing(Chip):
    """A chip that acknowledges everything: the traffic alone counts."""

    def write(self, byte: int) -> bool:
        return True

    def read(self) -> int:
        return 0


def bare(chip: str, transfers: Sequence[Sequence[Message]]) -> Cost:
    bus = SimAdapter({transfers[0][0].addr: Willing()})

    def sample() -> Values:
        for messages in transfers:
            bus.xfer(messages)
            bus.clock.sleep(PAUSE)
        return {name: TRUTH[name] for name in CHIPS[chip].inputs if name in TRUTH}

    return measure(bus, lambda _: sample)


def ours(chip: str, mode: str = "") -> Cost | str:
    """Return the cost of the driver with default parameters, or the reason of its failure."""
    driver = module.load(chip).driver
    addr, pause = driver.addresses[0], max(PAUSE, 1.5 * driver.fastest)
    try:
        return measure(bus_with(chip, addr), partial(_open, chip, addr, mode), pause, SAMPLES)
    except Error as error:
        return f"fails: {error.message}"


def _open(chip: str, addr: int, mode: str, bus: SimAdapter) -> Sample:
    params: dict[str, Any] = {"mode": mode} if mode else {}
    device = i2cdrv.open(chip, bus, addr, **params)
    return lambda: device.sample()._asdict()


def _peer(environment: str, name: str) -> Row:
    subject = SUBJECTS[environment][name]
    found = peers.measured(environment, name)
    label = subject.distribution.replace(ADAFRUIT, "adafruit ")
    if isinstance(found, str):
        return Row(subject.chip, subject.mode, f"{label} ({subject.how})", found)
    version, cost = found
    return Row(subject.chip, subject.mode, f"{label} {version} ({subject.how})", cost)


def _least(row: Row, rows: Sequence[Row]) -> Cost | None:
    """Return the traffic that the datasheet requires in the row's mode."""
    sheet = (r.cost for r in rows if (r.chip, r.mode, r.driver) == (row.chip, row.mode, SHEET))
    found = next(sheet, None)
    return found if isinstance(found, Cost) else None


def _cells(row: Row, least: Cost | None) -> list[str]:
    chip = f"{row.chip} {row.mode}".strip()
    cost = row.cost
    if isinstance(cost, str):
        return [chip, row.driver, *[NONE] * 6, cost]
    sheet = row.driver == SHEET
    ratio = times(cost.bus_time / least.bus_time) if least else NONE
    counts = [NONE if sheet else str(cost.init_transactions), str(cost.transactions), str(cost.bytes)]
    wall = NONE if sheet else number(1e3 * cost.wall, 1)
    return [chip, row.driver, *counts, number(1e3 * cost.bus_time), ratio, wall, _shown(cost.values)]


def _shown(values: Values) -> str:
    known = {name: value for name, value in values.items() if name in UNITS}
    text = " ".join(f"{value:.{UNITS[name][1]}f} {UNITS[name][0]}" for name, value in known.items())
    wrong = [name for name, value in known.items() if abs(value - TRUTH[name]) > TOLERANCE[name]]
    return f"{text}  WRONG: {', '.join(wrong)}" if wrong else text


def _raw(row: Row) -> dict[str, Any]:
    cost = {"error": row.cost} if isinstance(row.cost, str) else row.cost._asdict()
    cost.pop("conversation", None)
    return {"chip": row.chip, "mode": row.mode, "driver": row.driver, **cost}
