"""TI ADS1113, ADS1114 and ADS1115 (16 bits), ADS1013, ADS1014 and ADS1015 (12 bits): voltages.

Datasheets: SBAS444E (2024), §5.5, §7.3, §7.4, §7.5.3, §8.1; SBAS473E (2018) for the ADS101x.
The comparator and the ALERT/RDY pin are not simulated.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..wordchip import WordChip, nearest

CONVERSION, CONFIG, LOW, HIGH = range(4)
OS, SINGLE = 0x8000, 0x0100
PAIRS = ((0, 1), (0, 3), (1, 3), (2, 3), (0, None), (1, None), (2, None), (3, None))  # MUX, table 8-3
FULL_SCALE = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)  # V, PGA
T_WAKE = 25e-6  # s, §7.4.2.1


class Ads1115(WordChip):
    """Converts once, or continuously; the other chips differ in the class attributes."""

    inputs: ClassVar = {f"ain{n}": Input(0.5 * n + 0.25, "V") for n in range(4)}
    pointer_mask = 0x03
    resets: ClassVar = {CONVERSION: 0, CONFIG: 0x8583, LOW: 0x8000, HIGH: 0x7FFF}
    observed = 2  # the first with the old settings, if they were changed
    bits = 16
    rates: ClassVar[tuple[int, ...]] = (8, 16, 32, 64, 128, 250, 475, 860)  # 1/s, DR
    multiplexer = amplifier = True

    def power_on(self) -> None:
        super().power_on()
        self._latched = self.resets[CONFIG]

    def load(self, register: int) -> int:
        """Return a register; OS is 0 during a conversion."""
        value = self._registers[register]
        if register == CONFIG:
            return value & ~OS | OS * (not self._conversions.busy(self.now()))
        return value

    def store(self, register: int, value: int, mask: int) -> None:
        if register == CONFIG:
            self._configure(value)
        elif register in (LOW, HIGH):
            unused = (1 << 16 - self.bits) - 1
            self._registers[register] = value & ~unused | unused * (register == HIGH)

    def _configure(self, config: int) -> None:
        """Complete a conversion with the old settings; OS starts one in power-down only (§7.4.2)."""
        busy, duration = self._conversions.busy(self.now()), 1 / self._rate(config)
        self._registers[CONFIG] = config
        if not busy:
            self._latched = config
        if config & SINGLE:
            if busy:
                self._conversions.finish(self.now())
            elif config & OS:
                self._conversions.start(self.now(), T_WAKE + duration)
        elif not busy:
            self._conversions.start(self.now(), T_WAKE + duration, duration)

    def _rate(self, config: int) -> int:
        return self.rates[min(config >> 5 & 7, len(self.rates) - 1)]

    def convert(self, end: float) -> None:
        positive, negative = PAIRS[self._latched >> 12 & 7 if self.multiplexer else 0]
        volts = self.value(f"ain{positive}", end) - (0.0 if negative is None else self.value(f"ain{negative}", end))
        full_scale = FULL_SCALE[self._latched >> 9 & 7] if self.amplifier else 2.048
        half = 1 << self.bits - 1
        self._registers[CONVERSION] = nearest(volts, full_scale / half, -half, half - 1) << 16 - self.bits & 0xFFFF
        self._latched = self._registers[CONFIG]


class Ads1114(Ads1115):
    """Without the multiplexer: AIN0 against AIN1."""

    multiplexer = False


class Ads1113(Ads1114):
    """Without the amplifier, too: ±2.048 V."""

    amplifier = False


class Ads1015(Ads1115):
    """12 bits, left-justified, and faster."""

    bits = 12
    rates: ClassVar[tuple[int, ...]] = (128, 250, 490, 920, 1600, 2400, 3300)  # the last for two codes


class Ads1014(Ads1015):
    """Without the multiplexer."""

    multiplexer = False


class Ads1013(Ads1014):
    """Without the amplifier, too."""

    amplifier = False
