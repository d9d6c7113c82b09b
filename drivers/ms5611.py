"""TE MS5611, MS5607, MS5637, MS8607 and MS5837, barometers and depth gauges with a thermometer; idle between samples.

Datasheets: MS5837-30BA rev. C2 and MS5837-02BA rev. A8 (12/2019), to which the titles below refer; MS5607-02BA03
(09/2015), MS5611-01BA03, MS5637-02BA03, MS8607-02BA01, of which this is the half at 0x76, without the humidity.
Factors as in ms5611_core.c and ms_sensors_i2c.c of Linux; the latter takes an MS5837 for an MS5637, and is wrong there.
Detects: a conversion that did not end or lost power, a converter at its end, words of the PROM that do not fit their
CRC or change later, an MS5837-30BA under another name, a PROM of seven words in place of eight and the reverse, and a
flipped bit that moves a value by more than its accuracy (it is measured again).  Does not detect: an MS5611 under the
name of an MS5607 (twice the pressure; half of it in the reverse case), or an MS5837-02BA under the name of an MS5637 or
MS8607 (wrong by up to 1 °C and 0.5 %): their PROMs look the same; an answer that is repeated; conversions of another
program in the middle of a sample.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, NamedTuple

from i2cdrv import Celsius, CodedEnum, Command, Driver, Functionality, NotConverted, Pascal
from i2cdrv import PromChecksum, Range, Reset, param, reg_field, unsaturated

ADC_READ, PRESSURE, TEMPERATURE = b"\x00", 0x40, 0x50  # "Commands"; D1, D2
RESULT = reg_field(0x00, size=3)  # the same, before the chip is recognised
RESET = Command(0x1E, delay=0.0028)  # "Reset sequence": the PROM is loaded again
PROM = tuple(reg_field(0xA0 + 2 * number, size=2) for number in range(8))  # "Prom read sequence"; an MS5637 has seven
LAST = PromChecksum(reg_field(0xAE, 3, 0, size=2), PROM)  # "Memory PROM mapping"
FIRST = PromChecksum(reg_field(0xA0, 15, 12, size=2), PROM[:7])
PRODUCT = reg_field(0xA0, 11, 5, size=2)  # MS5837, "Version PROM word 0 programming"


class Osr(CodedEnum):  # samples of a conversion: code, and the longest duration in s ("Analog digital converter")
    X256, X512, X1024 = (0x0, 0.0006), (0x2, 0.00117), (0x4, 0.00228)
    X2048, X4096, X8192 = (0x6, 0.00454), (0x8, 0.00904), (0xA, 0.01808)


SHORTER = tuple(Osr)[:5]  # of the chips without x8192


class Altimeter(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.4)]  # half of ±0.8 °C
    pressure: Annotated[Pascal, Range(1_000, 120_000, accuracy=75)]  # half of ±1.5 mbar


class Barometer(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=0.5)]  # half of ±1 °C (MS5637)
    pressure: Annotated[Pascal, Range(1_000, 200_000, accuracy=100)]  # half of ±2 mbar


class DepthGauge(NamedTuple):
    temp: Annotated[Celsius, Range(-20, 85, accuracy=2)]  # half of ±4 °C
    pressure: Annotated[Pascal, Range(0, 3_000_000, accuracy=3750)]  # half of ±75 mbar, 38 cm of water


Factors = tuple[float, float, float]


class Chip(NamedTuple):
    """The factors of SENS and OFF, and of P in Pa, beside those of an MS5611; then the second order.

    ``low`` and ``high``: below and above 20 °C, T2 in dT², OFF2 and SENS2 in (TEMP − 2000)²; ``cold``: below −15 °C,
    more of OFF2 and SENS2 in (TEMP + 1500)².  ``product``: the numbers of the product in its PROM.
    """

    crc: PromChecksum
    scale: int
    unit: int
    low: Factors
    cold: tuple[float, float] = (0, 0)
    high: Factors = (0, 0, 0)
    product: tuple[int, ...] = ()


MS5611 = Chip(LAST, 1, 1, (1 / 2**31, 5 / 2, 5 / 4), (7, 11 / 2))
MS5607 = Chip(LAST, 2, 1, (1 / 2**31, 61 / 16, 2), (15, 8))
MS5637 = Chip(FIRST, 2, 1, (3 / 2**33, 61 / 16, 29 / 16), (17, 9), (5 / 2**38, 0, 0))
MS5837_30BA = Chip(FIRST, 1, 40, (3 / 2**33, 3 / 2, 5 / 8), (7, 4), (2 / 2**37, 1 / 16, 0), (0x1A,))
MS5837_02BA = Chip(FIRST, 2, 1, (11 / 2**35, 31 / 8, 63 / 32), product=(0x00, 0x15))


def layout_of(words: list[int]) -> PromChecksum | None:
    """Return the CRC that the PROM fits; if both fit, word 7 decides, which is 0 in a PROM of seven words."""
    is_last = LAST.fits(words)
    if FIRST.fits(words[:7]) and not (is_last and words[7]):
        return FIRST
    return LAST if is_last else None


def mismatch(chip: Chip, words: list[int]) -> str:
    """Return the reason for which the PROM is not that of the chip, or an empty string."""
    layout, number = layout_of(words), PRODUCT.decode(PROM[0].encode(words[0]))
    if layout is None:
        return "its PROM does not fit its CRC"
    if layout is LAST and chip.crc is FIRST:
        return "its PROM has the layout of an MS5611 or MS5607: use i2cdrv load ms5611 or ms5607"
    if layout is FIRST and number in MS5837_30BA.product and chip is not MS5837_30BA:
        return f"its PROM has the product number {number:#04x} of an MS5837-30BA: use i2cdrv load ms5837"
    if layout is not chip.crc:
        return "its PROM has the layout of an MS5637, MS8607 or MS5837: use i2cdrv load with the name of the chip"
    return f"its PROM has the product number {number:#04x}" if chip.product and number not in chip.product else ""


def compensate(chip: Chip, prom: list[int], d1: int, d2: int) -> tuple[float, float]:
    """Compute temperature and pressure ("Pressure and temperature calculation"); ``t`` is TEMP − 2000, in 0.01 °C."""
    _, c1, c2, c3, c4, c5, c6, *_ = prom
    dt = d2 - c5 * 256
    t = dt * c6 / 2**23
    off = chip.scale * (c2 * 2**16 + c4 * dt / 2**7)
    sens = chip.scale * (c1 * 2**15 + c3 * dt / 2**8)
    t2, off2, sens2 = chip.low if t < 0 else chip.high
    off, sens = off - off2 * t * t, sens - sens2 * t * t
    if t < -3500:
        off2, sens2 = chip.cold
        off, sens = off - off2 * (t + 3500) ** 2, sens - sens2 * (t + 3500) ** 2
    pressure = (d1 * sens / 2**21 - off) / 2**15 * chip.unit
    return 20 + (t - t2 * dt * dt) / 100, pressure


class Ms5611(Driver[Chip]):
    addresses = (0x76, 0x77)
    id_table = {
        "ms5611": MS5611, "ms5607": MS5607, "ms5637": MS5637, "ms8607": MS5637,
        "ms5837": MS5837_30BA, "ms5837_02ba": MS5837_02BA,
    }  # fmt: skip
    sample_of: ClassVar[Mapping[str, type[Altimeter | Barometer | DepthGauge]]] = {
        **{"ms5611": Altimeter, "ms5607": Altimeter, "ms5637": Barometer, "ms8607": Barometer},
        **{"ms5837": DepthGauge, "ms5837_02ba": Barometer},
    }
    aliases = {"ms5837": ("ms5837_30ba",)}
    accepts = {"ms5611": {"osr": SHORTER}, "ms5607": {"osr": SHORTER}}
    constants = {name: (*chip.crc.over, chip.crc) for name, chip in id_table.items()}
    coupled = True
    soft_reset = Reset(RESET)
    functionality = Functionality.I2C
    osr: Osr = param("samples of a conversion; 8192 not for ms5611 and ms5607", default=Osr.X4096)

    async def recognise(self) -> None:
        words = [self.regmap.read(word) for word in PROM]
        if reason := mismatch(self.id, words):
            raise self.other_chip(reason)
        if self.regmap.read(RESULT) and self.regmap.read(RESULT):  # "Conversion sequence": read again, it is 0
            raise self.other_chip("it returns the result of a conversion twice")

    async def convert(self, channel: str, command: int) -> int:
        self.client.write(bytes((command + self.osr,)))
        await self.client.sleep(self.osr.number)
        adc = int.from_bytes(self.client.write_read(ADC_READ, 3), "big")
        if not adc:  # too early, or another program has read it; a conversion that is disturbed gives a wrong result
            await RESET.execute(self.client)
            raise NotConverted(f"{self.client} has no {channel}: the conversion did not end")
        return unsaturated(channel, adc, 0, 0xFFFFFF)

    async def sample(self) -> Altimeter | Barometer | DepthGauge:
        temp = await self.convert("temp", TEMPERATURE)
        pressure = await self.convert("pressure", PRESSURE)
        prom = [self.constant(word) for word in self.id.crc.over]
        return self.sample_of[self.client.name](*compensate(self.id, prom, pressure, temp))
