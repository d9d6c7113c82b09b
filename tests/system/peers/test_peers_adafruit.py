"""Adafruit's unmodified drivers read the simulated chips: another author's reading of the same datasheets.

They run where they are installed: ``pip install --no-deps adafruit-circuitpython-{busdevice,register,bh1750,ahtx0,…}``.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.i2c.adapter import Read, Write
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from i2cdrv.i2c.adapter import Message


class I2C:
    """busio.I2C, as far as adafruit_bus_device uses it."""

    def __init__(self, bus: SimAdapter) -> None:
        self.bus = bus

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None: ...

    def writeto(self, addr: int, data: bytes, *, start: int = 0, end: int | None = None) -> None:
        self._transfer(Write(addr, bytes(data[start:end])))

    def readfrom_into(self, addr: int, into: bytearray, *, start: int = 0, end: int | None = None) -> None:
        end = len(into) if end is None else end
        into[start:end] = self._transfer(Read(addr, end - start))

    def writeto_then_readfrom(
        self, addr: int, data: bytes, into: bytearray, *, out_start: int = 0, out_end: int | None = None,
        in_start: int = 0, in_end: int | None = None,
    ) -> None:  # fmt: skip
        end = len(into) if in_end is None else in_end
        into[in_start:end] = self._transfer(Write(addr, bytes(data[out_start:out_end])), Read(addr, end - in_start))

    def _transfer(self, *messages: Message) -> bytes:
        return b"".join(self.bus.xfer(messages))


def scd4x(device: Any) -> tuple[float, ...]:
    """Write and read its settings, and wait for a measurement."""
    device.altitude, device.self_calibration_enabled = 500, False
    assert (device.altitude, device.self_calibration_enabled) == (500, False)
    assert bytes(device.serial_number).hex() == "f8969f073bbe"
    device.start_periodic_measurement()
    while not device.data_ready:
        time.sleep(0.5)
    return device.CO2, device.temperature, device.relative_humidity


def both(device: Any) -> tuple[float, ...]:
    return device.temperature, device.relative_humidity


ROOM, COLD = {"temp": 21.5, "humidity": 44.0}, {"temp": -12.5, "humidity": 61.0}
PEERS: dict[str, tuple[str, str, int, dict[str, float], Callable[[Any], tuple[float, ...]], float]] = {
    # module, class, address, inputs, reading, tolerance
    "bh1750": ("adafruit_bh1750", "BH1750", 0x23, {"light": 1234.5}, lambda device: (device.lux,), 0.5),
    "aht20": ("adafruit_ahtx0", "AHTx0", 0x38, COLD, both, 1e-3),
    "scd4x": ("adafruit_scd4x", "SCD4X", 0x62, {"co2": 815.0, **ROOM}, scd4x, 2e-3),
    "sht3x": ("adafruit_sht31d", "SHT31D", 0x44, COLD, both, 2e-3),
    "shtc3": ("adafruit_shtc3", "SHTC3", 0x70, COLD, lambda device: device.measurements, 2e-3),
    "mlx90614": (
        *("adafruit_mlx90614", "MLX90614", 0x5A, {"ambient": 24.5, "object": 36.6}),
        *(lambda device: (device.ambient_temperature, device.object_temperature), 0.0101),
    ),
}


@pytest.fixture
def circuitpython(monkeypatch: pytest.MonkeyPatch) -> None:
    """Provide the modules that exist on a microcontroller."""
    for name, attribute, value in [("busio", "I2C", I2C), ("micropython", "const", int)]:
        module = ModuleType(name)
        setattr(module, attribute, value)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("circuitpython")
@pytest.mark.parametrize("chip", PEERS)
def test_adafruits_driver_reads_the_simulated_chip(chip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, cls, addr, inputs, reading, tolerance = PEERS[chip]
    bus = SimAdapter({addr: CHIPS[chip](**inputs)})
    monkeypatch.setattr(time, "sleep", bus.clock.sleep)
    monkeypatch.setattr(time, "monotonic", bus.clock.monotonic)
    pytest.importorskip(module)
    device = getattr(import_module(module), cls)(I2C(bus))
    assert tuple(reading(device)) == pytest.approx(tuple(inputs.values()), abs=tolerance)
