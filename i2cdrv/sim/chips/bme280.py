"""Bosch BMP280 (pressure, temperature) and BME280 (humidity too).

Datasheets: BMP280, BST-BMP280-DS001-23 (rev. 1.23), §3.3 … §3.8, §4, §5.2;
BME280, BST-BME280-DS002-15 (rev. 1.6), §3.3, §3.4, §4, §5, §6.2, §9.1.  § below are the BME280's.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import SLACK_S, Input, Value
from ..trimmedchip import TrimmedChip
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
SKIPPED_20, SKIPPED_16 = 0x80000, 0x8000  # §5.4.3, §5.4.5: "output set to"

T_STARTUP = 0.002  # s, table 1
OSRS = (0, 1, 2, 4, 8, 16, 16, 16)  # tables 20, 23, 24
FILTER = (1, 2, 4, 8, 16, 16, 16, 16)  # table 28
FILTER_MEMORY = 16  # times the coefficient: conversions after which 20 bits no longer depend on the past

#                (start, each sample of T, P, H, overhead of P and of H) in s
TYPICAL, MAXIMUM = (0.001, 0.002, 0.0005), (0.00125, 0.0023, 0.000575)  # §9.1


class Bmp280(TrimmedChip):
    """Measures on demand (forced) or periodically (normal), §3.3; the data of one burst are of one moment (§4.1)."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "pressure": Input(100_700.0, "Pa")}
    chip_id = 0x58
    has_crc = False  # Bosch's self-test is for the BME280 only
    t_sb: ClassVar = (0.0005, 0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0)  # s, BMP280 table 11
    writable: ClassVar = {CTRL_MEAS, CONFIG}
    pairs = True  # §6.2.1
    parts = WORKED_EXAMPLE, ANOTHER_PART

    def __init__(self, *, trim: Trim = WORKED_EXAMPLE, typical: bool = False, **inputs: Value) -> None:
        self._timing = TYPICAL if typical else MAXIMUM
        super().__init__(trim=trim, **inputs)

    def power_on(self) -> None:
        super().power_on()
        self._registers[ID] = self.chip_id
        self._registers[STATUS] = IM_UPDATE
        self._copied_at = self.now() + T_STARTUP
        self._put(PRESS, SKIPPED_20)
        self._put(TEMP, SKIPPED_20)
        self._memory: dict[int, float] = {}  # of the filter, by data register
        self._pending: int | None = None  # a ctrl_meas value that waits for the end of the measurement

    def catch_up(self, now: float) -> None:
        registers = self._registers
        if registers[STATUS] & IM_UPDATE:
            self._copy_nvm(now)
        while ends := self._conversions.finished(now, self._coefficient() * FILTER_MEMORY):
            for end in ends:
                self._convert(end)
            self._measured(ends[-1])
        registers[STATUS] = registers[STATUS] & ~MEASURING | (MEASURING if self._conversions.busy(now) else 0)

    def _copy_nvm(self, now: float) -> None:
        if now + SLACK_S < self._copied_at:
            return
        self.put_trim()
        self._registers[STATUS] &= ~IM_UPDATE

    def put_trim(self) -> None:
        low, high = image(self.trim)
        self._registers[CALIB00 : CALIB00 + len(low)] = low
        self._registers[CALIB26 : CALIB26 + len(high)] = high
        self._registers[CRC] = crc(low + high) if self.has_crc else 0

    def store(self, register: int, value: int) -> None:
        if register == RESET and value == RESET_WORD:
            self.power_on()
        elif register not in self.writable or self._registers[STATUS] & IM_UPDATE:
            return
        elif register == CTRL_MEAS:
            self._request(value)
        elif register == CONFIG:
            self._configure(value)
        elif self._pending is None:  # ctrl_hum; §3.3.1: ignored while a mode change waits
            self._registers[CTRL_HUM] = value & 0x07

    def _configure(self, value: int) -> None:
        """Set the register and reset the filter (§3.4.4); in normal mode ignore it, which §5.4.6 permits."""
        if self._registers[CTRL_MEAS] & NORMAL != NORMAL:
            self._registers[CONFIG] = value & 0xFD
            self._memory.clear()

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
        if ctrl_meas & NORMAL == NORMAL:
            self._conversions.start(now, duration, duration + self.t_sb[registers[CONFIG] >> 5])
        elif ctrl_meas & NORMAL:
            self._conversions.start(now, duration)

    def _measurement_time(self) -> float:
        """Return the duration of a measurement in s (§9.1)."""
        base, sample, overhead = self._timing
        _, *others = self._osrs
        return base + sample * sum(self._osrs) + overhead * sum(map(bool, others))

    def _measured(self, end: float) -> None:
        """Sleep after a forced measurement, unless another mode was requested (§3.3.3)."""
        if self._registers[CTRL_MEAS] & NORMAL != NORMAL:
            self._registers[CTRL_MEAS] &= ~NORMAL
        pending, self._pending = self._pending, None
        if pending is not None:
            self._command(pending, end)

    def _convert(self, end: float) -> int:
        """Write all channels to the data registers; return the true temperature as t_fine."""
        osrs_t, osrs_p, _ = self._osrs
        adc_t = raw_temperature(self.trim, self.value("temp", end))
        t_fine = fine_temperature(self.trim, adc_t)
        self._put(TEMP, self._output(TEMP, osrs_t, adc_t) if osrs_t else SKIPPED_20)
        if osrs_p:
            adc_p = raw_pressure(self.trim, self.value("pressure", end), t_fine)
            self._put(PRESS, self._output(PRESS, osrs_p, adc_p))
        else:
            self._put(PRESS, SKIPPED_20)
        return t_fine

    def _output(self, channel: int, osrs: int, adc: int) -> int:
        """Return 20 bits from the filter, 16 … 20 without it (§3.4.2 … §3.4.4)."""
        coefficient = self._coefficient()
        if coefficient == 1:
            step = 16 // osrs
            return min((adc + step // 2) // step * step, (1 << 20) - step)
        old = self._memory.get(channel, adc)
        self._memory[channel] = (old * (coefficient - 1) + adc) / coefficient
        return round(self._memory[channel])

    def _coefficient(self) -> int:
        return FILTER[self._registers[CONFIG] >> 2 & 7]

    def _put(self, register: int, adc: int) -> None:
        self._registers[register : register + 3] = (adc << 4).to_bytes(3, "big")


class Bme280(Bmp280):
    """With humidity: ctrl_hum, 16 bits at 0xFD, other standby times."""

    inputs: ClassVar = {**Bmp280.inputs, "humidity": Input(45.0, "%RH")}
    chip_id = 0x60
    has_crc = True
    t_sb: ClassVar = (0.0005, 0.0625, 0.125, 0.25, 0.5, 1.0, 0.010, 0.020)  # s, table 27
    writable: ClassVar = {CTRL_HUM, CTRL_MEAS, CONFIG}

    def power_on(self) -> None:
        super().power_on()
        self._put_humidity(SKIPPED_16)

    def _convert(self, end: float) -> int:
        t_fine = super()._convert(end)
        skipped = not self._osrs[2]
        self._put_humidity(
            SKIPPED_16 if skipped else raw_humidity(self.trim, self.value("humidity", end), t_fine),
        )
        return t_fine

    def _put_humidity(self, adc: int) -> None:
        self._registers[HUM : HUM + 2] = adc.to_bytes(2, "big")
