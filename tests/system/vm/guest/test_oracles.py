"""The kernel's drivers on simulated chips: their values are the inputs and our driver's, their files have our names.

The threads of all rows read at the same time, because most of the time is spent in waiting for conversions.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

import i2cdrv
from i2cdrv.core.device import Device
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import hwmon, iio
from tests.system.vm.guest import host
from tests.system.vm.guest.kernel import adapters, bound, modprobe
from tests.system.vm.guest.placed import Placed, inputs, placed, tolerance
from tests.system.vm.guest.sensor import Sensor, channels

EVERY_ROW = pytest.mark.parametrize("place", placed(), ids=lambda place: place.name)
LATER_S = 20.0  # until each chip has converted again, in virtual time
asking = threading.Lock()


class Said:
    """The files of the kernel's driver of one row, and its values at each input."""

    def __init__(self, place: Placed, number: int) -> None:
        self.values: list[dict[str, float]] = []
        self.files: dict[str, str] = {}
        self.is_iio = False
        self._place, self._bus = place, number

    def read(self) -> Said:
        all_inputs = inputs(self._place.row)
        if self._place.row.is_cached:
            for wanted in all_inputs:
                self._set(wanted)
                self._bound([wanted])
        else:
            self._bound(all_inputs)
        return self

    def _bound(self, wanted: list[dict[str, float]]) -> None:
        row = self._place.row
        with bound(self._bus, row.device, self._place.addr) as client:
            sensor = Sensor(client, row)
            self.files, self.is_iio = sensor.files(), sensor.is_iio
            for one in wanted:
                self._set(one)
                self.values.append(sensor.values())

    def _set(self, wanted: Mapping[str, float]) -> None:
        with asking:
            host.ask("set", f"{self._place.number} {json.dumps(wanted)}")
        time.sleep(self._place.row.settle)


@pytest.fixture(scope="module")
def kernel() -> dict[int, Future[Said]]:
    for name in sorted({place.row.module for place in placed()}):
        modprobe(name)
    modprobe("i2c-virtio")
    numbers = adapters("virtio")
    with ThreadPoolExecutor(len(placed())) as threads:
        return {place.number: threads.submit(Said(place, numbers[place.bus]).read) for place in placed()}


@contextmanager
def opened(place: Placed) -> Iterator[tuple[SimAdapter, Device[Any]]]:
    """Our driver on a chip of its own in virtual time."""
    row = place.row
    bus = SimAdapter({place.addr: CHIPS[row.chip](**inputs(row)[0])}, frequency=None)
    with i2cdrv.open(row.chip, bus=bus, addr=place.addr, **row.params) as device:
        yield bus, device


def ours(place: Placed) -> Iterator[dict[str, Any]]:
    """Yield our driver's values at each input."""
    with opened(place) as (bus, device):
        for wanted in inputs(place.row):
            bus.chips[place.addr].set(**wanted)
            bus.clock.sleep(LATER_S)
            sample = device.sample()
            yield {channel.name: channel.of(sample) for channel in device.channels}


def differences(place: Placed, values: list[dict[str, float]]) -> list[str]:
    """Return each value of the kernel that is not the input, or not our driver's, in words."""
    found = []
    for wanted, theirs, our in zip(inputs(place.row), values, ours(place), strict=True):
        for name, value in theirs.items():
            for author, right in (("input", wanted.get(name)), ("ours", our[name])):
                if right is not None and abs(value - right) > tolerance(place.row, name, right) + 1e-9:
                    found.append(f"{name}: kernel {value:.6g}, {author} {right:.6g} at {wanted}")
    return found


@EVERY_ROW
def test_kernels_driver_reads_the_inputs_and_our_values(kernel: dict[int, Future[Said]], place: Placed) -> None:
    values = kernel[place.number].result().values
    found = differences(place, values)
    if place.row.wrong:
        assert found, f"the kernel's driver is right now: remove `wrong` ({place.row.wrong})"
        assert not differences(place, [{name: one[name] for name in place.row.files} for one in inputs(place.row)])
        return
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:10])
    host.ask("count", f"{place.number} {len(values)}")


@EVERY_ROW
def test_our_tree_has_the_kernels_names(kernel: dict[int, Future[Said]], place: Placed) -> None:
    """The device, each of its channels and each limit of ours has the kernel's name, but for the row's ``names``."""
    said = kernel[place.number].result()
    with opened(place) as (_, device):
        device.sample()
        our, limits = our_files(device, is_iio=said.is_iio)
    theirs = {channel: stem(wanted) for channel, wanted in place.row.files.items()}
    differing = {our[channel] for channel, name in theirs.items() if our[channel] != name}
    differing |= (set(our.values()) ^ channels(set(said.files), is_iio=said.is_iio)) | limits - set(said.files)
    device_name = place.row.device if said.is_iio else hwmon.name_of(place.row.device)
    if said.files["name"] != device_name:  # ours is the chip's, in the same way
        differing.add("name")
    assert differing == set(place.row.names), f"ours: {our}; the kernel's: {said.files}"


def stem(wanted: str | tuple[str, float]) -> str:
    """Return the channel of a file in a row."""
    return (wanted if isinstance(wanted, str) else wanted[0]).removesuffix("_input")


def our_files(device: Device[Any], *, is_iio: bool) -> tuple[dict[str, str], set[str]]:
    """Return the names in our tree: the file of each channel, without its end, and the limits."""
    kind, limits = iio if is_iio else hwmon, hwmon.limits(device.channels, device.driver.attributes)
    names = {one.channel.name: re.sub("_(input|raw)$", "", one.file) for one in kind.inputs(device.channels)}
    return names, set() if is_iio else {one.file for one in limits}
