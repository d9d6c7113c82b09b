"""Rohm BH1750FVI, ambient light sensor: two bytes without register number, CRC, identity or status.

Datasheet: BH1750FVI, rev. B (April 2009); the factor of the measurement time as in drivers/iio/light/bh1750.c.
Detects: a value that changes by more than half of the chip's accuracy is measured again, so nearly each flipped bit,
lost power within a measurement, a measurement that did not begin, too much light.  Does not detect: an address without
its chip that reads 0, another chip, a lost write of mtreg.
"""

from typing import Annotated, NamedTuple

from i2cdrv import CodedEnum, Command, Driver, Functionality, Lux, NotConverted, Range, param, unsaturated

POWER_ON, RESET = Command(0x01), Command(0x07)  # "Instruction Set Architecture"; RESET clears the data register
MTREG, COUNTS_PER_LUX = 69, 1.2  # after power-on ("Measurement Time Adjusting"); "Measurement Accuracy"


class Mode(CodedEnum):
    """One-time measurements: the opcode, and the longest time in s ("Electrical Characteristics")."""

    HIGH, HIGH2, LOW = (0x20, 0.18), (0x21, 0.18), (0x23, 0.024)


class Sample(NamedTuple):
    light: Annotated[Lux, Range(0, 121_557, accuracy=5, share=0.1)]  # 65535 counts at mtreg 31; half of ±20 %


class Bh1750(Driver):
    """In power-down between measurements."""

    addresses = (0x23, 0x5C)
    functionality = Functionality.I2C
    timeout = 15.0  # a value that jumps takes three measurements, with mtreg 254 of 0.7 s

    mode: Mode = param("high (1 lx), high2 (0.5 lx) or low (4 lx, fast)", default=Mode.HIGH)
    mtreg: int = param("measurement time: 31 for bright, 254 for dark places", default=MTREG, minimum=31, maximum=254)

    async def recognise(self) -> None:
        self.client.read(2)  # a chip is there; nothing shows which

    async def configure(self) -> None:
        factor = self.mtreg / MTREG
        self.measure = Command(self.mode, words=1, delay=self.mode.number * factor, crc=None)
        self.lux = 1 / COUNTS_PER_LUX / factor / (2 if self.mode is Mode.HIGH2 else 1)

    async def prove(self) -> Sample:
        """Clear the data register first, so that an old value cannot come again."""
        await POWER_ON.execute(self.client)
        await RESET.execute(self.client)
        if self.client.read(2) != bytes(2):
            raise NotConverted(f"{self.client} does not measure: it acknowledges commands and ignores them")
        return await self.sample()

    async def sample(self) -> Sample:
        self.client.write(bytes((0b01000_000 + self.mtreg // 32,)))  # each time: it cannot be read back
        self.client.write(bytes((0b011_00000 + self.mtreg % 32,)))
        (count,) = await self.measure.execute(self.client)
        if not count:  # it is dark, or the chip is slower than its datasheet
            await self.client.sleep(self.measure.delay)
            count = int.from_bytes(self.client.read(2), "big")
        return Sample(unsaturated("light", count, -1, 0xFFFF) * self.lux)
