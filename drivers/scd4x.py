"""Sensirion SCD40/41, CO2 concentration, temperature and humidity: a new measurement every 5 s.

Datasheet: SCD4x, version 1.3 (September 2022), to which all § below refer.
A sample that is requested earlier waits for the next measurement, because the chip returns each only once.
Detects: each flipped bit (CRC), lost power or another chip in its place (neither measures), answers of an adapter that
is one behind (a measurement that was read is gone).  Does not detect: settings that another program has changed.
"""

from typing import Annotated, NamedTuple

from i2cdrv import CarbonDioxide, Celsius, Command, Disagreement, Driver, Functionality, Range, Register
from i2cdrv import RelativeHumidity, Reset, bits, join_words, param

PERIOD_S, POLL_S = 5.0, 0.5  # §3.5.1; a measurement is late by 2.5 s at most before the chip counts as stopped
START = Command(0x21B1, size=2)  # §3.5.1
READ = Command(0xEC05, size=2, words=3, delay=0.001)  # §3.5.2
STOP = Command(0x3F86, size=2, delay=0.5)  # §3.5.3
SET_ALTITUDE = Command(0x2427, size=2, args=1, delay=0.001)  # §3.6.3
SET_SELF_CALIBRATION = Command(0x2416, size=2, args=1, delay=0.001)  # §3.7.2
DATA_READY = Command(0xE4B8, size=2, delay=0.001, reads=True)  # §3.8.2
SERIAL = Command(0x3682, size=2, words=3, delay=0.001, reads=True)  # §3.9.2


class Ready(Register, addr=0, size=2):  # §3.8.2
    measured: int = bits(10, 0)  # 0: no measurement


class Sample(NamedTuple):
    co2: Annotated[CarbonDioxide, Range(0, 40_000, accuracy=25)]  # table 1: half of ±50 ppm
    temp: Annotated[Celsius, Range(-10, 60, accuracy=0.4)]  # table 3: half of ±0.8 °C
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=3)]  # table 2: half of ±6 %


class Scd4x(Driver):
    addresses = (0x62,)
    aliases = {"scd4x": ("scd40", "scd41")}
    constants = {"scd4x": (SERIAL,)}
    soft_reset = Reset(STOP)  # to idle mode, in which alone settings and the serial number are accessible (table 9)
    functionality = Functionality.I2C
    fastest = PERIOD_S
    timeout = 20.0

    altitude: int = param("height above sea level in m", default=0, minimum=0, maximum=3000)
    self_calibration: bool = param("take the lowest value of a week as outdoor air", default=True)

    async def recognise(self) -> None:
        await DATA_READY.fetch(self.client, Ready)

    def serial(self) -> int:  # unique (§3.9.2)
        return join_words(*self.constant(SERIAL))

    async def probe(self) -> None:
        await SET_ALTITUDE.execute(self.client, self.altitude)
        await SET_SELF_CALIBRATION.execute(self.client, int(self.self_calibration))
        self.on_remove(STOP.execute, self.client)
        await START.execute(self.client)

    async def verify(self) -> None:
        """Check nothing: only an idle chip returns its serial number, and an idle chip has no sample."""

    async def sample(self) -> Sample:
        for _ in range(round(1.5 * PERIOD_S / POLL_S)):
            if await self.has_measured():
                co2, t, rh = await READ.execute(self.client)
                if await self.has_measured():
                    raise Disagreement(f"{self.client} still has the measurement that was read")
                return Sample(co2, -45 + 175 * t / 65535, 100 * rh / 65535)  # §3.5.2
            await self.client.sleep(POLL_S)
        raise self.settings_lost()

    async def has_measured(self) -> bool:
        return (await DATA_READY.fetch(self.client, Ready)).measured != 0
