"""TI INA219, INA226, INA230, INA231 and INA260: bus voltage, current through a shunt, power.

Datasheets: INA219, SBOS448G, §8.3 … §8.6, §9.2.2;
INA226, SBOS547 (June 2011), "Programming the INA226", "Register details"; its registers are cited by their names;
INA230, SBOS601A, and INA231, SBOS644D, §8.6; INA260, SBOS656C, §8.5, §8.6.
An average is simulated by its last sample; fewer ADC bits of the INA219 shorten the conversion only.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """The common part of all.  ``lsb``: of the shunt and the bus, in V; ``divisors``: for the current and the power."""

    inputs: ClassVar = {"voltage": Input(5.0, "V"), "current": Input(0.3, "A")}
    options: ClassVar[tuple[str, ...]] = ("shunt_ohms",)
    resets: ClassVar[Mapping[int, int]] = dict.fromkeys(range(8), 0)
    lsb: ClassVar[tuple[float, float]]
    divisors: ClassVar[tuple[int, int]]

    def __init__(self, *, shunt_ohms: float = 0.1, **inputs: Value) -> None:
        if not (isfinite(number("shunt_ohms", shunt_ohms)) and shunt_ohms > 0):
            raise Invalid(f"shunt_ohms={shunt_ohms}: a resistance in Ω above 0 is needed")
        self.shunt_ohms = shunt_ohms
        super().__init__(**inputs)

    def power_on(self) -> None:
        super().power_on()
        self._ready = self._overflow = False
        self._run()

    def store(self, register: int, value: int, mask: int) -> None:
        if register == CONFIG and value & RST:
            self.power_on()
            return
        super().store(register, value, mask)
        if register == CONFIG:
            self._run()

    def _run(self) -> None:
        """Restart conversions, as any write of CONFIG does; a repeated single-shot mode starts another conversion."""
        config = self._registers[CONFIG]
        shunt, bus = self.times(config)
        duration = shunt * bool(config & MODE_SHUNT) + bus * bool(config & MODE_BUS)
        self._conversions.stop()
        if duration:
            self._ready = False
            self._conversions.start(self.now(), duration, duration if config & MODE_CONTINUOUS else inf)

    def convert(self, end: float) -> None:
        registers = self._registers
        lowest, highest, highest_bus = self.limits(registers[CONFIG])
        if registers[CONFIG] & MODE_SHUNT:
            volts = self.value("current", end) * self.shunt_ohms
            registers[SHUNT] = nearest(volts, self.lsb[0], lowest, highest) & 0xFFFF
        if registers[CONFIG] & MODE_BUS:
            registers[BUS] = nearest(self.value("voltage", end), self.lsb[1], 0, highest_bus)
        current = trunc(signed(registers[SHUNT]) * registers[CALIBRATION] / self.divisors[0])
        power = abs(current) * registers[BUS] // self.divisors[1]
        registers[CURRENT], registers[POWER] = current & 0xFFFF, power & 0xFFFF
        self._overflow = not -0x8000 <= current <= 0x7FFF  # the power cannot be too large by itself
        self._ready = True

    def times(self, config: int) -> tuple[float, float]:
        """Return the time in s of a conversion of the shunt and of the bus."""
        raise NotImplementedError

    def limits(self, config: int) -> tuple[int, int, int]:
        """Return the lowest and the highest result of the shunt, and the highest of the bus."""
        raise NotImplementedError


class Ina219(Ina2xx):
    resets: ClassVar = {**Ina2xx.resets, CONFIG: 0x399F}
    writable: ClassVar = {CONFIG: 0x3FFF, CALIBRATION: 0xFFFE}  # §8.6.4.1: bit 0 is void
    lsb = 10e-6, 4e-3
    divisors = 4096, 5000  # §8.5.2.1

    BRNG = 0x2000
    CNVR, OVF = 0x0002, 0x0001
    ADC = (84e-6, 148e-6, 276e-6, 532e-6) * 2 + (  # s, §8.6.2.1: 9 … 12 bits, then 1 … 128 samples
        *(532e-6, 1.06e-3, 2.13e-3, 4.26e-3),
        *(8.51e-3, 17.02e-3, 34.05e-3, 68.10e-3),
    )

    def load(self, register: int) -> int:
        """Return a register; reading the power clears CNVR (§8.6.3.2)."""
        if register == BUS:
            return super().load(BUS) << 3 | self.CNVR * self._ready | self.OVF * self._overflow
        if register == POWER:
            self._ready = False
        return super().load(register)

    def times(self, config: int) -> tuple[float, float]:
        return self.ADC[config >> 3 & 15], self.ADC[config >> 7 & 15]

    def limits(self, config: int) -> tuple[int, int, int]:
        """Return ±40, 80, 160 or 320 mV by PG, and 16 or 32 V by BRNG (§8.6.2.1, §8.6.3)."""
        full_scale = 4000 << (config >> 11 & 3)
        return -full_scale, full_scale, 8000 if config & self.BRNG else 4000


class Ina226(Ina2xx):
    """It has one alert, too."""

    resets: ClassVar = {**Ina2xx.resets, CONFIG: 0x4127, MANUFACTURER_ID: 0x5449, DIE_ID: 0x2260}
    writable: ClassVar = {CONFIG: 0x0FFF, CALIBRATION: 0x7FFF, MASK_ENABLE: 0xFC03, ALERT_LIMIT: 0xFFFF}
    lsb = 2.5e-6, 1.25e-3
    divisors = 2048, 20000  # equations 3 and 4

    AVERAGES = (1, 4, 16, 64, 128, 256, 512, 1024)  # "Configuration"
    CT = (140e-6, 204e-6, 332e-6, 588e-6, 1.1e-3, 2.116e-3, 4.156e-3, 8.244e-3)  # s, "Configuration"
    AFF, CVRF, OVF, LEN = 0x0010, 0x0008, 0x0004, 0x0001
    FUNCTIONS: ClassVar = {  # SOL, SUL, BOL, BUL, POL: "Mask/Enable"
        **{0x8000: (SHUNT, 1), 0x4000: (SHUNT, -1)},
        **{0x2000: (BUS, 1), 0x1000: (BUS, -1), 0x0800: (POWER, 1)},
    }

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

    def convert(self, end: float) -> None:
        super().convert(end)
        latched = self._alert and bool(self._registers[MASK_ENABLE] & self.LEN)
        self._alert = latched or self._is_beyond_limit()

    def _is_beyond_limit(self) -> bool:
        """Compare by the highest enabled function."""
        for function, (register, sign) in self.FUNCTIONS.items():
            if self._registers[MASK_ENABLE] & function:
                word = signed if register == SHUNT else int
                return sign * (word(self._registers[register]) - word(self._registers[ALERT_LIMIT])) > 0
        return False

    def times(self, config: int) -> tuple[float, float]:
        averages = self.AVERAGES[config >> 9 & 7]
        return averages * self.CT[config >> 3 & 7], averages * self.CT[config >> 6 & 7]

    def limits(self, config: int) -> tuple[int, int, int]:
        return -0x8000, 0x7FFF, 0x7FFF


class Ina230(Ina226):
    """An INA226 without the manufacturer's ID; no sheet gives the content of its die ID."""

    resets: ClassVar = {**Ina2xx.resets, CONFIG: 0x4127}


class Ina231(Ina230):
    """The same in a smaller package; it has no die ID."""


class Ina260(Ina226):
    """An INA226 with a shunt of 2 mΩ inside: current LSB 1.25 mA, power LSB 10 mW, nothing to calibrate."""

    options = ()
    resets: ClassVar = {
        **Ina226.resets,
        CONFIG: 0x6127,
        DIE_ID: 0x2270,
        CALIBRATION: 2048,
    }  # the current is the shunt's
    writable: ClassVar = {**Ina226.writable, CALIBRATION: 0}
    divisors = 2048, 6400  # 1.25 mA · 1.25 mV in steps of 10 mW (§8.5.1)

    def __init__(self, **inputs: Value) -> None:
        super().__init__(shunt_ohms=0.002, **inputs)

    def load(self, register: int) -> int:
        """Return a register; it has neither CURRENT nor CALIBRATION."""
        return 0 if register in (CURRENT, CALIBRATION) else super().load(register)
