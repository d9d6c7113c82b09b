"""A simulated ADT7410: copy this file to simulate a chip of yours.

It is written from the datasheet (ADT7410, rev. A), never from the driver, so that the two do not share a mistake.

A simulated chip has three sides:

* The wire: ``start``, ``write`` and ``read`` take and give bytes.  False from ``start`` or ``write`` is a NACK.
* The inputs: physical quantities that a test or ``--chip FILE:CLASS@ADDR:temp=40`` sets, read with ``value``.
* Time: ``now()`` is the chip's own time in s.  ``catch_up`` performs all that was due since the last transfer.
  ``Conversions`` counts conversions of one duration, once or periodically.

``power_on`` sets the reset values; each brown-out calls it again.  Chips with a pointer and 16-bit registers derive
from ``i2cdrv.sim.WordChip``, which does the wire side and needs ``load`` and ``store``.
"""

from __future__ import annotations

from typing import ClassVar

from i2cdrv.sim import Chip, Conversions, Input, nearest

TEMP, STATUS, CONFIG, ID, SOFTWARE_RESET = 0x00, 0x02, 0x03, 0x0B, 0x2F  # "Register map"
POWER_ON = bytes.fromhex("00 00 00 00  20 00 05 00  49 80 05 CB")  # limits of 64, 10 and 147 °C, 5 °C of hysteresis
WRITABLE = range(CONFIG, ID)
NOT_READY = 0x80  # "Status register": 0 when a result has come, 1 when it was read
FINE, MODE = 0x80, 0x60  # "Configuration register"
CONTINUOUS, ONE_SHOT, EVERY_SECOND, SHUTDOWN = 0x00, 0x20, 0x40, 0x60
CONVERSION_S = 0.24  # "Specifications"


class Adt7410(Chip):
    """Registers of one byte, with a pointer that counts up."""

    inputs: ClassVar = {"temp": Input(22.0, "°C")}

    def __init__(self, **inputs: float) -> None:
        self._conversions = Conversions()
        super().__init__(**inputs)  # last, because it ends in power_on

    # Time.

    def power_on(self) -> None:
        self._registers = bytearray(POWER_ON)
        self._pointer = 0
        self._pointer_is_next = False
        self._apply_mode()

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            self._convert(self.value("temp", end))

    def _apply_mode(self) -> None:
        """Start the configured mode; abandon a running conversion."""
        mode = self._registers[CONFIG] & MODE
        if mode == SHUTDOWN:
            self._conversions.stop()
        elif mode == ONE_SHOT:
            self._conversions.start(self.now(), CONVERSION_S)
        else:
            self._conversions.start(self.now(), CONVERSION_S, 1.0 if mode == EVERY_SECOND else CONVERSION_S)

    def _convert(self, temp: float) -> None:
        """Store a result ("Temperature data format"): 16 bits, or 13 with three flags below."""
        word = nearest(temp, 1 / 128, -0x8000, 0x7FFF) if self._registers[CONFIG] & FINE else (
            nearest(temp, 1 / 16, -0x1000, 0x0FFF) << 3
        )  # fmt: skip
        self._registers[TEMP : TEMP + 2] = (word & 0xFFFF).to_bytes(2, "big")
        self._registers[STATUS] &= ~NOT_READY & 0xFF

    # The wire.

    def start(self, read: bool) -> bool:
        self._pointer_is_next = not read
        return super().start(read)

    def write(self, byte: int) -> bool:
        if self._pointer_is_next:
            self._pointer, self._pointer_is_next = byte, False
            if byte == SOFTWARE_RESET:
                self.power_on()
        else:
            self._store(byte)
        return True

    def read(self) -> int:
        register, self._pointer = self._pointer, self._pointer + 1
        if register == TEMP + 1:
            self._registers[STATUS] |= NOT_READY
        return self._registers[register] if register < len(self._registers) else 0

    def _store(self, byte: int) -> None:
        register, self._pointer = self._pointer, self._pointer + 1
        if register in WRITABLE:
            self._registers[register] = byte
        if register == CONFIG:
            self._apply_mode()
