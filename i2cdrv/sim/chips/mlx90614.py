"""Melexis MLX90614: infrared thermometer on SMBus, each transfer with a packet error code.

Datasheet: 3901090614, rev. 008 (February 2013): RAM and EEPROM addresses, §8.4 (SMBus), error flag.  First data after
power-on: drivers/iio/temperature/mlx90614.c.
The EEPROM is read-only here; filters and the sleep mode are not simulated.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..chip import Input
from ..serialnumber import SerialNumber
from ..wordchip import nearest

AMBIENT, OBJECT, OBJECT_2 = 0x06, 0x07, 0x08  # RAM
EMISSIVITY, CONFIG, ADDRESS, ID = 0x24, 0x25, 0x2E, 0x3C  # EEPROM, as commands
CONFIG_WORD = {1: 0x9FB4, 2: 0x9FF4}  # by the number of zones: bit 6
T_FIRST_DATA = 0.25  # s after power-on
KELVIN = 273.15


def pec(data: bytes) -> int:
    """Return the code by long division: x⁸ + x² + x + 1, initially 0."""
    remainder = int.from_bytes(data, "big") << 8
    for bit in range(8 * len(data) + 7, 7, -1):
        if remainder >> bit & 1:
            remainder ^= 0x107 << bit - 8
    return remainder


class Mlx90614(SerialNumber):
    """Converts continuously; a code covers both addresses, the command and the data."""

    inputs: ClassVar = {"ambient": Input(22.0, "°C"), "object": Input(30.0, "°C")}
    options: ClassVar = ("address",)
    zones: ClassVar = 1
    serial = 0x5A6B_7C8D_9EAF_B0C1

    def __init__(self, *, address: float = 0x5A, **inputs: Any) -> None:
        self._address = int(address)
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self._command = 0
        self._wire = b""  # of this transfer
        self._answer = b""
        self._began = self.now()

    def start(self, read: bool) -> bool:
        self._wire += bytes((self._address << 1 | read,))
        if read:
            data = self._word(self._command).to_bytes(2, "little")
            self._answer = data + bytes((pec(self._wire + data),))
        return super().start(read)

    def write(self, byte: int) -> bool:
        if len(self._wire) == 1:
            self._command = byte
        self._wire += bytes((byte,))
        return True

    def read(self) -> int:
        byte, self._answer = self._answer[:1] or b"\xff", self._answer[1:]
        return byte[0]

    def stop(self) -> None:
        self._wire = b""

    def _word(self, command: int) -> int:
        if command in (AMBIENT, OBJECT, OBJECT_2):
            return self._temperature({AMBIENT: "ambient", OBJECT: "object", OBJECT_2: "object2"}[command])
        if ID <= command < ID + 4:
            return self.serial >> 48 - 16 * (command - ID) & 0xFFFF
        return {EMISSIVITY: 0xFFFF, CONFIG: CONFIG_WORD[self.zones], ADDRESS: 0xBE00 | self._address}.get(command, 0)

    def _temperature(self, name: str) -> int:
        if self.now() < self._began + T_FIRST_DATA or name not in self.inputs:
            return 0
        return nearest(self.value(name) + KELVIN, 0.02, 0, 0x7FFF)


class Mlx90614b(Mlx90614):
    """The part with two zones."""

    inputs: ClassVar = {**Mlx90614.inputs, "object2": Input(30.0, "°C")}
    zones: ClassVar = 2
