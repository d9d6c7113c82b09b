"""The chips the host simulates for the virtio machine, and the values set on them: known to both sides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Simulated:
    """One chip of the simulated bus."""

    name: str
    addr: int
    values: dict[str, float]

    @property
    def argument(self) -> str:
        """The chip as a --chip of `i2cdrv sim`."""
        return f"{self.name}@{self.addr:#x}:" + ",".join(f"{key}={value}" for key, value in self.values.items())


BME280 = Simulated("bme280", 0x76, {"temp": 25.08, "pressure": 100653, "humidity": 45})
SHT4X = Simulated("sht4x", 0x44, {"temp": -12.5, "humidity": 40})
INA219 = Simulated("ina219", 0x40, {"voltage": 12, "current": 0.5})
INA226 = Simulated("ina226", 0x41, {"voltage": 3.3, "current": -0.75})
MCP9808 = Simulated("mcp9808", 0x18, {"temp": -7.25})
LM75 = Simulated("lm75", 0x48, {"temp": -25.5})
TMP102 = Simulated("tmp102", 0x49, {"temp": -40.0625})
SIMULATED = (BME280, SHT4X, INA219, INA226, MCP9808, LM75, TMP102)
