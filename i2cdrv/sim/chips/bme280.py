"""Bosch BMP280 (pressure, temperature) and BME280 (humidity too).

Datasheets: BMP280, BST-BMP280-DS001-23 (rev. 1.23), §3.3 … §3.8, §4, §5.2;
BME280, BST-BME280-DS002-15 (rev. 1.6), §3.3, §3.4, §4, §5, §6.2, §9.1.  § below are the BME280's.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input, Value
from ..trimmedchip import FilteredChip
from .bosch_trim import (
    ANOTHER_PART,
    WORKED_EXAMPLE,
    Trim,
    crc,
    fine_temperature,
    image,
    raw_humidity,
    raw_pressure,
    raw_temperature,
)

ID, RESET, CTRL_HUM, STATUS, CTRL_MEAS, CONFIG = 0xD0, 0xE0, 0xF2, 0xF3, 0xF4, 0xF5
PRESS, TEMP, HUM = 0xF7, 0xFA, 0xFD
CALIB00, CALIB26, CRC = 0x88, 0xE1, 0xE8

RESET_WORD = 0xB6  # §5.4.2
MEASURING, IM_UPDATE = 0x08, 0x01  # §5.4.4
NORMAL = 0x03  # §3.3, table 25

OSRS = (0, 1, 2, 4, 8, 16, 16, 16)  # tables 20, 23, 24
FILTER = (1, 2, 4, 8, 16, 16, 16, 16)  # table 28

#                (start, each sample of T, P, H, overhead of P and of H) in s
TYPICAL, MAXIMUM = (0.001, 0.002, 0.0005), (0.00125, 0.0023, 0.000575)  # §9.1


class Bmp280(FilteredChip):
    """Measures on demand (forced) or periodically (normal), §3.3; the data of one burst are of one moment (§4.1)."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    resets: ClassVar = {ID: 0x58, STATUS: IM_UPDATE, PRESS: 0x80, TEMP: 0x80}
    writable: ClassVar = {CTRL_MEAS: 0xFF, CONFIG: 0xFD}
    pairs = True  # §6.2.1
    parts = WORKED_EXAMPLE, ANOTHER_PART
    t_trim = 0.002  # s, table 1
    width = 20
    has_crc = False  # Bosch's self-test is for the BME280 only
    t_sb: ClassVar = (0.0005, 0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0)  # s, BMP280 table 11

    def __init__(self, *, trim: Trim = WORKED_EXAMPLE, typical: bool = False, **inputs: Value) -> None:
        self._timing = TYPICAL if typical else MAXIMUM
        super().__init__(trim=trim, **inputs)

    def power_on(self) -> None:
        super().power_on()
        self._pending: int | None = None  # a ctrl_meas value that waits for the end of the measurement

    def put_trim(self) -> None:
        low, high = image(self.trim)
        self.put_bytes(CALIB00, low)
        self.put_bytes(CALIB26, high)
        self._registers[CRC] = crc(low + high) if self.has_crc else 0
        self._registers[STATUS] &= ~IM_UPDATE

    def catch_up(self, now: float) -> None:
        super().catch_up(now)
        status = self._registers[STATUS] & ~MEASURING
        self._registers[STATUS] = status | MEASURING * self._conversions.busy(now)

    def store(self, register: int, value: int) -> None:
        if register == RESET and value == RESET_WORD:
            self.power_on()
        elif self._registers[STATUS] & IM_UPDATE:
            return
        elif register == CTRL_MEAS:
            self._request(value)
        elif register == CTRL_HUM and self._pending is None:  # §3.3.1: ignored while a mode change waits
            super().store(register, value)
        elif register == CONFIG and not self._is_normal():  # §5.4.6 permits to ignore it in normal mode
            super().store(register, value)
            self.set_filter(FILTER[value >> 2 & 7])  # which resets it (§3.4.4)

    def _is_normal(self) -> bool:
        return self._registers[CTRL_MEAS] & NORMAL == NORMAL

    def _request(self, ctrl_meas: int) -> None:
        """Complete a running measurement first; ignore further requests until then (§3.3.1)."""
        now = self.now()
        self.catch_up(now)
        if not self._conversions.busy(now):
            self._command(ctrl_meas, now)
        elif self._pending is None:
            self._pending = ctrl_meas
            self._conversions.finish(now)

    def _command(self, ctrl_meas: int, now: float) -> None:
        """Take over the settings, ctrl_hum's among them (§5.4.3), and change the mode."""
        registers = self._registers
        registers[CTRL_MEAS] = ctrl_meas
        self._osrs = OSRS[ctrl_meas >> 5], OSRS[ctrl_meas >> 2 & 7], OSRS[registers[CTRL_HUM]]
        duration = self._measurement_time()
        self._conversions.stop()
        if self._is_normal():
            self._conversions.start(now, duration, duration + self.t_sb[registers[CONFIG] >> 5])
        elif ctrl_meas & NORMAL:
            self._conversions.start(now, duration)

    def _measurement_time(self) -> float:
        """Return the duration of a measurement in s (§9.1)."""
        base, sample, overhead = self._timing
        _, *others = self._osrs
        return base + sample * sum(self._osrs) + overhead * sum(map(bool, others))

    def convert(self, end: float) -> None:
        """Measure; sleep after a forced measurement, unless another mode was requested (§3.3.3)."""
        self._measure(end)
        if not self._is_normal():
            self._registers[CTRL_MEAS] &= ~NORMAL
        pending, self._pending = self._pending, None
        if pending is not None:
            self._command(pending, end)

    def _measure(self, end: float) -> None:
        """Write the channels to the data registers; a skipped one has its reset value (§5.4.3, §5.4.5)."""
        for register in range(PRESS, HUM + 2):
            self._registers[register] = self.resets.get(register, 0)
        osrs_t, osrs_p, osrs_h = self._osrs
        adc_t = raw_temperature(self.trim, self.value("temp", end))
        t_fine = fine_temperature(self.trim, adc_t)
        if osrs_t:
            self.put(TEMP, self.filtered(TEMP, adc_t, osrs_t) << 4, 3)
        if osrs_p:
            adc_p = raw_pressure(self.trim, self.value("pressure", end), t_fine)
            self.put(PRESS, self.filtered(PRESS, adc_p, osrs_p) << 4, 3)
        if osrs_h:
            self.put(HUM, raw_humidity(self.trim, self.value("humidity", end), t_fine), 2)


class Bme280(Bmp280):
    """With humidity: ctrl_hum, 16 bits at 0xFD, other standby times."""

    inputs: ClassVar = {**Bmp280.inputs, "humidity": Input(45.0, "%RH")}
    resets: ClassVar = {**Bmp280.resets, ID: 0x60, HUM: 0x80}
    writable: ClassVar = {**Bmp280.writable, CTRL_HUM: 0x07}
    has_crc = True
    t_sb: ClassVar = (0.0005, 0.0625, 0.125, 0.25, 0.5, 1.0, 0.010, 0.020)  # s, table 27
