"""A daemon serves 26 of Adafruit's libraries at once, unmodified, each on a bus of its own with a simulated chip.

They are installed where ``make verify`` has installed them (``tests/system/test_foreign_drivers.py``).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.bridge import declare
from i2cdrv.core import module
from i2cdrv.ipc import peers
from i2cdrv.lib.log.logger import log
from i2cdrv.sim import CHIPS
from tests.support.waiting import until
from tests.system.test_foreign_drivers import ADAFRUIT, Foreign, row_of
from tests.system.verify.install import folders
from tests.system.verify.peer import tolerance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.oracles import Peer

    from .conftest import Machine, Running

    Start = Callable[..., Running]

INPUTS = {
    "temp": 21.5, "humidity": 43.0, "pressure": 98_700.0, "light": 250.0, "co2": 700.0, "voltage": 4.5, "current": 0.25,
    "ambient": 22.0, "object": 36.5, "accel_x": 1.0, "accel_y": -2.0, "accel_z": 9.0,
}  # fmt: skip
FILES = {"temp1_input": ("temp", 1e3), "humidity1_input": ("humidity", 1e3)}
FIRST_BUS = 10


@pytest.fixture
def rows(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, tuple[Foreign, Peer]]]:
    """The libraries by bus, each with its chip under the same conditions."""
    before, rows = set(sys.modules), {}
    for nr, foreign in enumerate(ADAFRUIT, FIRST_BUS):
        row = row_of(f"adafruit-circuitpython-{foreign.library.partition('.')[0]}", foreign.chip)
        for folder in folders(row.distribution):
            monkeypatch.syspath_prepend(folder)
        inputs = {name: INPUTS[name] for name in foreign.channels.split()}
        machine.plug(nr, f"bus of {foreign.library}", {address(row): CHIPS[foreign.chip](**inputs)})
        rows[nr] = foreign, row
    yield rows
    declare._drivers.clear()
    for name in set(sys.modules) - before:
        if "build/peers" in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def address(row: Peer) -> int:
    return module.load(row.chip).driver.addresses[0] if row.addr is None else row.addr


def configuration(rows: dict[int, tuple[Foreign, Peer]]) -> str:
    lines = []
    for nr, (foreign, row) in rows.items():
        options = f"options: {foreign.options}" if foreign.options else ""
        start = f"start: {foreign.start}" if foreign.start else ""
        own = ", ".join(filter(None, ("params: {debug: 1}", options, start)))
        lines.append(f'  - {{module: "adafruit:{foreign.library}", bus: {nr}, addr: {address(row):#x}, {own}}}')
    return "\n".join(["interval: 1", "devices:", *lines])


def states(daemon: Running) -> dict[int, str]:
    return {one["bus"]: one["state"] for one in devices(daemon)}


def devices(daemon: Running) -> list[dict[str, Any]]:
    (reply,) = (reply for _, reply in peers.call_all(daemon.run_dir, "io.i2cdrv.Devices.ListDevices"))
    return list(reply["devices"])


def all_live(daemon: Running, rows: dict[int, tuple[Foreign, Peer]]) -> bool:
    """Return whether all devices are live, and have values: the first reading comes after the state."""
    found = {one["bus"]: (one["state"], one.get("reading", {}).get("status")) for one in devices(daemon)}
    return found == dict.fromkeys(rows, ("live", "ok"))


def test_26_libraries_are_served_lose_their_chips_and_get_them_back(
    daemon_of: Start, machine: Machine, rows: dict[int, tuple[Foreign, Peer]]
) -> None:
    daemon = daemon_of(configuration(rows))
    until(lambda: all_live(daemon, rows))
    check_values(daemon, rows)
    check_files(daemon, rows)
    traced = {line.values["device"] for line in log.ring.since(0) if line.event == "transfer"}
    assert len(traced) > len(rows) / 2  # the ring keeps the latest lines only
    chips = {nr: (addr, machine.adapters[nr].detach(addr)) for nr in rows for addr in list(machine.adapters[nr].chips)}
    until(lambda: not {"live", "probing"} & set(states(daemon).values()))
    for nr, (addr, chip) in chips.items():
        machine.adapters[nr].attach(addr, chip)
    until(lambda: all_live(daemon, rows))
    check_values(daemon, rows)


def check_values(daemon: Running, rows: dict[int, tuple[Foreign, Peer]]) -> None:
    """Compare the latest reading of each device with the inputs of its chip."""
    for one in devices(daemon):
        foreign, row = rows[one["bus"]]
        assert one["taint"] == "foreign code"
        for name in foreign.channels.split():
            found = one["reading"]["channels"][name]["value"]
            right = row.says[name](INPUTS) if name in row.says else INPUTS[name]
            assert abs(found - right) <= tolerance(row, name, right), (foreign.library, name, found)


def check_files(daemon: Running, rows: dict[int, tuple[Foreign, Peer]]) -> None:
    """Compare the files of hwmon with the inputs."""
    compared = 0
    for nr, (foreign, row) in rows.items():
        for file in (daemon.run_dir / f"sys/bus/i2c/devices/{nr}-{address(row):04x}/hwmon").glob("*/*_input"):
            name, scale = FILES.get(file.name, ("", 0.0))
            if name in foreign.channels.split():
                limit = tolerance(row, name, INPUTS[name]) * scale + 0.5
                assert abs(int(file.read_text()) - INPUTS[name] * scale) <= limit, (foreign.library, file.name)
                compared += 1
    assert compared >= len(rows)
