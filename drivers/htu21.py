"""TE HTU21D, Sensirion SHT20/21/25, Silicon Labs Si7006/13/20/21: humidity and temperature sensors with one protocol.

Datasheets: HTU21D(F), HPC199_3 (October 2013); SHT21, version 4 (May 2014); Si7021-A20, rev. 1.1, to which § refer.
The two values are measured one after the other.  The Si70xx could return the temperature of its humidity measurement,
but without a CRC (§5.1.2).
Detects: each flipped bit (CRC), a measurement that did not end or lost power, an answer to the other command; within
10 s another chip in its place (serial number), and a heater or a resolution that another program has switched.
Does not detect: another chip until then; it is read as itself.
"""

from typing import Annotated, NamedTuple

from i2cdrv import Celsius, Command, Crc, Driver, Functionality, NotConverted, Range, Register, RelativeHumidity, Reset
from i2cdrv import bits, param

CRC = Crc(start=0x00)  # §5.1
FIRST_ID = Command(0xFA0F, size=2, words=4, crc=None, reads=True)  # §5.3; makers compute its CRCs in different ways
SECOND_ID = Command(0xFCC9, size=2, words=1, crc=CRC, reads=True)  # its first byte is the number of the chip
NUMBERS = {0x06: "si7006", 0x0D: "si7013", 0x14: "si7020", 0x15: "si7021"}  # §5.3; HTU21D and SHT2x have 0x32
WRITE_USER = 0xE6
TEMPERATURE, HUMIDITY = 0, 1  # in bit 1 of a measurement (HTU21D, "Communication sequence"; §5.1.1, §5.1.2)


class User(Register, addr=0xE7):  # HTU21D, "User register"; §6.1
    resolution_1: int = bits(7)
    low_voltage: bool = bits(6, volatile=True)
    unused: int = bits(5, 3)
    heater: bool = bits(2)
    no_reload: int = bits(1)
    resolution_0: int = bits(0)


class Chip(NamedTuple):
    """The measurements with 14 and 12 bits, without clock stretching, and the longest time of each in s."""

    temp: Command
    humidity: Command
    unused: tuple[int, ...]  # bits of the user register, which may change in HTU21D and SHT2x


def chip(temp_s: float, humidity_s: float, *unused: int) -> Chip:
    return Chip(
        Command(0xF3, words=1, delay=temp_s, crc=CRC, reads=True),
        Command(0xF5, words=1, delay=humidity_s, crc=CRC, reads=True),
        unused,
    )


SI70XX = chip(0.0108, 0.012 + 0.0108, 7)  # table 2 and its note 1


class Sample(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 125, accuracy=0.15)]  # half of ±0.3 °C (HTU21D, SHT21)
    humidity: Annotated[RelativeHumidity, Range(0, 100, accuracy=1, clip=3)]  # half of ±2 % (HTU21D, SHT21)


class Htu21(Driver[Chip]):
    """Idle between measurements."""

    addresses = (0x40, 0x41)  # 0x41: only si7013
    id_table = {
        "htu21": chip(0.050, 0.016, 0, 7),  # HTU21D, "Measuring time"
        "sht21": chip(0.085, 0.029, 0, 7),  # SHT21, table 7
        "si7006": SI70XX, "si7013": SI70XX, "si7020": SI70XX, "si7021": SI70XX,
    }  # fmt: skip
    aliases = {"htu21": ("htu20d", "htu21d"), "sht21": ("sht20", "sht25")}
    constants = dict.fromkeys(id_table, (FIRST_ID, SECOND_ID))
    soft_reset = Reset(Command(0xFE, delay=0.015))  # it keeps the heater (SHT21 §5.5)
    functionality = Functionality.I2C

    heater: bool = param("heat the sensor, which dries it and falsifies its values", default=False)

    async def recognise(self) -> None:
        user = self.regmap.read(User)
        if not user.no_reload or user.unused not in self.id.unused:
            raise self.other_chip(f"its user register reads {user}")
        await self.measure(self.id.temp, TEMPERATURE)

    async def probe(self) -> None:
        name = NUMBERS.get(self.constant(SECOND_ID)[0] // 256)
        if name != (self.client.name if self.client.name in NUMBERS.values() else None):
            raise self.other_chip(f"its serial number is that of {name or 'another maker'}")
        self.unused = self.regmap.read_confirmed(User).unused
        if self.heater:
            self.on_remove(self.write_user, heater=False)
        self.write_user(heater=self.heater)

    def write_user(self, *, heater: bool) -> None:
        """Set the heater and the highest resolution, and keep the bits that must not be changed."""
        self.user = User(
            resolution_1=0, low_voltage=False, unused=self.unused, heater=heater, no_reload=1, resolution_0=0
        )
        self.client.write(bytes((WRITE_USER,)) + self.user.encode())

    async def verify(self) -> None:
        await super().verify()
        if not User.same(self.regmap.read(User).encode(), self.user.encode()):
            raise self.settings_lost()

    async def measure(self, command: Command, kind: int) -> int:
        (raw,) = await command.execute(self.client)
        if raw // 2 % 2 != kind:
            raise NotConverted(f"{self.client} returns another quantity: it has missed {command}")
        return raw - raw % 4  # the lowest bits are the status

    async def sample(self) -> Sample:
        t = await self.measure(self.id.temp, TEMPERATURE)
        rh = await self.measure(self.id.humidity, HUMIDITY)
        return Sample(-46.85 + 175.72 * t / 65536, -6 + 125 * rh / 65536)  # §5.1.2, §5.1.1
