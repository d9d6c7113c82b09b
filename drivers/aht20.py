"""Aosong AHT20 and AHT21, humidity and temperature sensors; DHT20 and AM2301B are an AHT20 in a case.

Datasheets: AHT20, version 1.1; DHT20, version 1.0 (May 2021), §7.3 and §7.4, which has the CRC.
Detects: each flipped bit (one CRC over the answer), a measurement that did not begin or end, a chip without its
calibration.
Does not detect: another aht20 in its place; it is read as itself.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Command, Crc, Driver, Functionality, NotConverted, Range, Register, RelativeHumidity, Reset
from i2cdrv import bits

READ_STATUS = Command(0x71, crc=None, reads=True)  # AHT20 §5.4
TRIGGER = Command(0xAC3300, size=3)
CALIBRATE = Command(0xBE0800, size=3, delay=0.01)
MEASURE = Command(0xAC3300, size=3, delay=0.08, crc=Crc(frame=True))


class Status(Register, addr=0):  # DHT20, table 9
    busy: bool = bits(7)
    calibrated: bool = bits(3)


class Answer(Register, addr=0, size=6):  # AHT20, figure 17
    busy: bool = bits(7, at=0)
    calibrated: bool = bits(3, at=0)
    humidity: int = bits(39, 20, at=1, size=5)
    temp: int = bits(19, 0, at=1, size=5, unmeasured=0)


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.2)]  # half of ±0.3 °C
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1)]  # half of ±2 %


class Aht20(Driver):
    """Idle between measurements.  It has no identity; the CRC of its answer shows that it is there."""

    addresses = (0x38,)
    aliases = {"aht20": ("aht21", "dht20", "am2301b")}
    soft_reset = Reset(Command(0xBA, delay=0.02))  # AHT20 §5.5
    functionality = Functionality.I2C

    async def recognise(self) -> None:
        if (await READ_STATUS.fetch(self.client, Status)).busy:
            raise self.other_chip("it is busy, and an aht20 is so for 80 ms at most")

    async def probe(self) -> None:
        if not (await READ_STATUS.fetch(self.client, Status)).calibrated:
            await CALIBRATE.execute(self.client)

    async def prove(self) -> Sample:
        """Return a sample after a measurement that was seen to begin: the chip keeps the data of the one before."""
        await TRIGGER.execute(self.client)
        if not Status.decode(self.client.read(1)).busy:
            raise NotConverted(f"{self.client} does not measure: it acknowledges the command and stays idle")
        await self.client.sleep(MEASURE.delay)
        return await self.sample()

    async def sample(self) -> Sample:
        answer = await MEASURE.fetch(self.client, Answer)
        if not answer.calibrated:
            raise self.settings_lost()
        if answer.busy:
            raise NotConverted(f"{self.client} still measures after 80 ms")
        return Sample(200 * answer.temp / 2**20 - 50, 100 * answer.humidity / 2**20)  # AHT20 §6
