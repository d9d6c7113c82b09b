"""TI INA219, INA226, INA230, INA231 and INA260: bus voltage, current through a shunt, power.

Datasheets: INA219, SBOS448G, §8.3 … §8.6, §9.2.2;
INA226, SBOS547 (June 2011), "Programming the INA226", "Register details"; its registers are cited by their names;
INA230, SBOS601A, and INA231, SBOS644D, §8.6; INA260, SBOS656C, §8.5, §8.6.
An average is simulated by its last sample; fewer ADC bits of the INA219 shorten the conversion only.
"""

from __future__ import annotations

from math import inf, isfinite, trunc
from typing import ClassVar

from ...errors import Invalid
from ...lib.validate import number
from ..chip import Input, Value
from ..wordchip import WordChip, nearest, signed

CONFIG, SHUNT, BUS, POWER, CURRENT, CALIBRATION, MASK_ENABLE, ALERT_LIMIT = range(8)
MANUFACTURER_ID, DIE_ID = 0xFE, 0xFF

RST = 0x8000
MODE_SHUNT, MODE_BUS, MODE_CONTINUOUS = 1, 2, 4  # bits of MODE; 0 and 4 convert nothing


class Ina2xx(WordChip):
    """The common part of all: operating modes, conversions, arithmetic."""

    inputs: ClassVar = {"voltage": Input(5.0, "V"), "current": Input(0.3, "A")}
    options: ClassVar[tuple[str, ...]] = ("shunt_ohms",)
    reset_config: ClassVar[int]
    config_writable: ClassVar[int]
    calibration_writable: ClassVar[int]
    current_divisor: ClassVar[int]
    power_divisor: ClassVar[int]
    constants: ClassVar[dict[int, int]] = {}

    def __init__(self, *, shunt_ohms: float = 0.1, **inputs: Value) -> None:
        if not (isfinite(number("shunt_ohms", shunt_ohms)) and shunt_ohms > 0):
            raise Invalid(f"shunt_ohms={shunt_ohms}: a resistance in Ω above 0 is needed")
        self.shunt_ohms = shunt_ohms
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self._registers = dict.fromkeys(range(8), 0) | self.constants
        self._ready = self._overflow = False
        self._configure(self.reset_config)

    def catch_up(self, now: float) -> None:
        for end in self._conversions.finished(now):
            self._convert(end)

    def load(self, register: int) -> int:
        return self._registers.get(register, 0)

    def store(self, register: int, value: int, mask: int) -> None:
        if register == CONFIG:
            self._configure(value)
        elif register == CALIBRATION:
            self._registers[CALIBRATION] = value & self.calibration_writable

    def _configure(self, config: int) -> None:
        """Restart conversions, as any write does; a repeated single-shot mode starts another conversion."""
        if config & RST:
            self.power_on()
            return
        writable = self.config_writable
        config = self._registers[CONFIG] = self.reset_config & ~writable | config & writable
        self._conversions.stop()
        if config & (MODE_SHUNT | MODE_BUS):
            self._ready = False
            duration = self._duration(config)
            self._conversions.start(self.now(), duration, duration if config & MODE_CONTINUOUS else inf)

    def _convert(self, end: float) -> None:
        registers = self._registers
        if registers[CONFIG] & MODE_SHUNT:
            registers[SHUNT] = self._shunt(self.value("current", end) * self.shunt_ohms) & 0xFFFF
        if registers[CONFIG] & MODE_BUS:
            registers[BUS] = self._bus(self.value("voltage", end))
        current = trunc(signed(registers[SHUNT]) * registers[CALIBRATION] / self.current_divisor)
        power = abs(current) * registers[BUS] // self.power_divisor
        registers[CURRENT], registers[POWER] = current & 0xFFFF, power & 0xFFFF
        self._overflow = not -0x8000 <= current <= 0x7FFF  # the power cannot be too large by itself
        self._ready = True

    def _duration(self, config: int) -> float:
        raise NotImplementedError

    def _shunt(self, volts: float) -> int:
        raise NotImplementedError

    def _bus(self, volts: float) -> int:
        raise NotImplementedError


class Ina219(Ina2xx):
    """Shunt LSB 10 µV, bus LSB 4 mV."""

    reset_config = 0x399F
    config_writable = 0x3FFF
    calibration_writable = 0xFFFE  # §8.6.4.1: bit 0 is void
    current_divisor, power_divisor = 4096, 5000  # §8.5.2.1

    BRNG = 0x2000
    CNVR, OVF = 0x0002, 0x0001
    ADC = (84e-6, 148e-6, 276e-6, 532e-6) * 2 + (  # s, §8.6.2.1: 9 … 12 bits, then 1 … 128 samples
        *(532e-6, 1.06e-3, 2.13e-3, 4.26e-3),
        *(8.51e-3, 17.02e-3, 34.05e-3, 68.10e-3),
    )

    def load(self, register: int) -> int:
        """Return a register; reading the power clears CNVR (§8.6.3.2)."""
        if register == BUS:
            flags = self.CNVR * self._ready | self.OVF * self._overflow
            return self._registers[BUS] << 3 | flags
        if register == POWER:
            self._ready = False
        return super().load(register)

    def _duration(self, config: int) -> float:
        shunt, bus = self.ADC[config >> 3 & 15], self.ADC[config >> 7 & 15]
        return shunt * bool(config & MODE_SHUNT) + bus * bool(config & MODE_BUS)

    def _shunt(self, volts: float) -> int:
        """Limit to ±40, 80, 160 or 320 mV by PG (§8.6.2.1, §8.6.3.1)."""
        full_scale = 4000 << (self._registers[CONFIG] >> 11 & 3)
        return nearest(volts, 10e-6, -full_scale, full_scale)

    def _bus(self, volts: float) -> int:
        """Limit to 16 or 32 V by BRNG (§8.6.3.2)."""
        return nearest(volts, 4e-3, 0, 8000 if self._registers[CONFIG] & self.BRNG else 4000)


class Ina226(Ina2xx):
    """Shunt LSB 2.5 µV, bus LSB 1.25 mV, one alert."""

    reset_config = 0x4127
    config_writable = 0x0FFF
    calibration_writable = 0x7FFF
    current_divisor, power_divisor = 2048, 20000  # equations 3 and 4
    constants: ClassVar = {MANUFACTURER_ID: 0x5449, DIE_ID: 0x2260}

    AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)  # "Configuration"
    CT = (140e-6, 204e-6, 332e-6, 588e-6, 1.1e-3, 2.116e-3, 4.156e-3, 8.244e-3)  # s, "Configuration"
    SOL, SUL, BOL, BUL, POL = 0x8000, 0x4000, 0x2000, 0x1000, 0x0800
    AFF, CVRF, OVF, LEN = 0x0010, 0x0008, 0x0004, 0x0001
    ALERT_WRITABLE = 0xFC03

    def power_on(self) -> None:
        self._alert = False
        super().power_on()

    def load(self, register: int) -> int:
        """Return a register; reading Mask/Enable clears CVRF and a latched alert ("Mask/Enable")."""
        value = super().load(register)
        if register == MASK_ENABLE:
            value |= self.AFF * self._alert | self.CVRF * self._ready | self.OVF * self._overflow
            self._ready = False
            self._alert = self._alert and not value & self.LEN
        return value

    def store(self, register: int, value: int, mask: int) -> None:
        if register == MASK_ENABLE:
            self._registers[MASK_ENABLE] = value & self.ALERT_WRITABLE
        elif register == ALERT_LIMIT:
            self._registers[ALERT_LIMIT] = value
        else:
            super().store(register, value, mask)

    def _convert(self, end: float) -> None:
        super()._convert(end)
        latched = self._alert and bool(self._registers[MASK_ENABLE] & self.LEN)
        self._alert = latched or self._beyond_limit()

    def _beyond_limit(self) -> bool:
        """Compare by the highest enabled function."""
        enabled, limit = self._registers[MASK_ENABLE], self._registers[ALERT_LIMIT]
        if enabled & (self.SOL | self.SUL):
            excess = signed(self._registers[SHUNT]) - signed(limit)
            return excess > 0 if enabled & self.SOL else excess < 0
        if enabled & (self.BOL | self.BUL):
            excess = self._registers[BUS] - limit
            return excess > 0 if enabled & self.BOL else excess < 0
        return bool(enabled & self.POL) and self._registers[POWER] > limit

    def _duration(self, config: int) -> float:
        shunt, bus = self.CT[config >> 3 & 7], self.CT[config >> 6 & 7]
        once = shunt * bool(config & MODE_SHUNT) + bus * bool(config & MODE_BUS)
        return self.AVERAGES[config >> 9 & 7] * once

    def _shunt(self, volts: float) -> int:
        return nearest(volts, 2.5e-6, -0x8000, 0x7FFF)

    def _bus(self, volts: float) -> int:
        return nearest(volts, 1.25e-3, 0, 0x7FFF)


class Ina230(Ina226):
    """An INA226 without the manufacturer's ID; no sheet gives the content of its die ID."""

    constants: ClassVar = {}


class Ina231(Ina230):
    """The same in a smaller package; it has no die ID."""


class Ina260(Ina226):
    """An INA226 with a shunt of 2 mΩ inside: current LSB 1.25 mA, power LSB 10 mW, nothing to calibrate."""

    options = ()
    reset_config = 0x6127
    power_divisor = 6400  # 1.25 mA · 1.25 mV in steps of 10 mW (§8.5.1)
    constants: ClassVar = {MANUFACTURER_ID: 0x5449, DIE_ID: 0x2270, CALIBRATION: 2048}  # the current is the shunt's

    def __init__(self, **inputs: Value) -> None:
        super().__init__(shunt_ohms=0.002, **inputs)

    def load(self, register: int) -> int:
        """Return a register; it has neither CURRENT nor CALIBRATION."""
        return 0 if register in (CURRENT, CALIBRATION) else super().load(register)

    def store(self, register: int, value: int, mask: int) -> None:
        if register != CALIBRATION:
            super().store(register, value, mask)
