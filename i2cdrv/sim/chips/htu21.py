"""TE HTU21D, Sensirion SHT20/21/25, Silicon Labs Si7006/13/20/21: humidity and temperature, by commands of one byte.

Datasheets: HTU21D(F), HPC199_3 (October 2013); HTU2X serial number reading (AMSYS-001e); SHT21, version 4 (May 2014);
Si7021-A20, rev. 1.1, §5, §6, table 2.  Times are the longest the sheets allow.  In the IDs of HTU21D and SHT2x
each CRC covers its own bytes, as in the kernel's ms_sensors_i2c.c; that of a Si70xx covers the earlier bytes of the
answer, too.  The heater's warmth, OTP reload and a low supply voltage are not simulated.
"""

from __future__ import annotations

from typing import ClassVar

from ..chip import Input
from ..serialnumber import SerialNumber
from ..wordchip import nearest
from ..wordcommands import WordCommands, crc8

TEMP, HUMIDITY = 0xF3, 0xF5
TEMP_HOLD, HUMIDITY_HOLD = HOLD = 0xE3, 0xE5
WRITE_USER, READ_USER, RESET, FIRST_ID, SECOND_ID = 0xE6, 0xE7, 0xFE, 0xFA0F, 0xFCC9
LAST_TEMP, WRITE_LEVEL, READ_LEVEL, REVISION = 0xE0, 0x51, 0x11, 0x84B8  # only Si70xx; of the heater
OF_ALL = {TEMP, HUMIDITY, *HOLD, RESET, FIRST_ID}
PREFIXES = {0xFA, 0xFC, 0x84}  # of commands of two bytes
TEMP_BITS, HUMIDITY_BITS = (14, 12, 13, 11), (12, 8, 10, 11)  # by RES1 and RES0
T_RESET = 0.015  # s
HEATER = 0x04
HUMIDITY_STATUS = 0x02  # in the result


def checked(data: bytes, size: int = 2, *, running: bool = False) -> bytes:
    """Return the bytes with a checksum after each ``size``: polynomial 0x31, initialisation 0 (Si7021 §5.1)."""
    answer, crc = b"", 0
    for at in range(0, len(data), size):
        part = data[at : at + size]
        crc = crc8(part, crc if running else 0)
        answer += part + bytes((crc,))
    return answer


def result(value: float, span: float, bits: int) -> int:
    """Return the left-justified part of a span."""
    return nearest(value, span / 2**bits, 0, 2**bits - 1) << 16 - bits


class Htu21(WordCommands, SerialNumber):
    """Acknowledges no read while it measures; in hold mode it stretches the clock instead.

    ``contents``: the answers to commands that read.  ``writes``: for commands with a byte, the command that reads it,
    and the bits that are written.  ``running``: a CRC covers the earlier bytes of the answer, too.
    """

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    serial = 0x123456  # SNB; of a Si70xx SNA
    contents: ClassVar = {READ_USER: b"\x02", SECOND_ID: checked(b"\x32\x31\x48\x54")}  # SNC, SNA
    writes: ClassVar = {WRITE_USER: (READ_USER, 0x87)}
    kept = HEATER  # by a reset
    running = False
    temp_s: ClassVar = (0.050, 0.013, 0.025, 0.007)  # by RES1 and RES0
    humidity_s: ClassVar = (0.016, 0.003, 0.005, 0.008)
    t_startup = T_RESET

    def power_on(self) -> None:
        super().power_on()
        self._contents = dict(self.contents)

    def start(self, read: bool) -> bool:
        return super().start(read) or (read and self.stretch() > 0)

    def stretch(self) -> float:
        return self._pace.factor * self._execution.remaining(self.now()) if self._command in HOLD else 0.0

    def read(self) -> int:
        self.catch_up(self.now())
        return super().read()

    def write(self, byte: int) -> bool:
        self._received += bytes((byte,))
        command, argument = int.from_bytes(self._received, "big"), 0
        if len(self._received) == 2 and self._received[0] in self.writes:
            command, argument = self._received
        elif command in PREFIXES or command in self.writes:
            return True
        elif command not in OF_ALL and command not in self.contents:
            return False
        self.occupy(command, argument, self._duration(command))
        return True

    @property
    def _resolution(self) -> int:
        user = self._contents[READ_USER][0]
        return user >> 6 & 2 | user & 1

    def _duration(self, command: int) -> float:
        if command in (TEMP, TEMP_HOLD):
            return self.temp_s[self._resolution]
        if command in (HUMIDITY, HUMIDITY_HOLD):
            return self.humidity_s[self._resolution]
        return T_RESET if command == RESET else 0.0

    def execute(self, command: int, argument: int, end: float) -> None:
        if command in (TEMP, TEMP_HOLD):
            self.answer = checked(self._temp(end))
        elif command in (HUMIDITY, HUMIDITY_HOLD):
            self.answer = checked(self._humidity(end))
        elif command == FIRST_ID:
            self.answer = checked(self.serial.to_bytes(4, "big"), 1, running=self.running)
        elif command == RESET:
            self._write(READ_USER, ~self.kept, self.contents[READ_USER][0])
        elif command in self.writes:
            self._write(*self.writes[command], argument)
        else:
            self.answer = self._contents[command]

    def _write(self, command: int, mask: int, value: int) -> None:
        self._contents[command] = bytes((self._contents[command][0] & ~mask | value & mask,))

    def _temp(self, end: float) -> bytes:
        return result(self.value("temp", end) + 46.85, 175.72, TEMP_BITS[self._resolution]).to_bytes(2, "big")

    def _humidity(self, end: float) -> bytes:
        word = result(self.value("humidity", end) + 6, 125, HUMIDITY_BITS[self._resolution])
        return (word | HUMIDITY_STATUS).to_bytes(2, "big")


class Sht21(Htu21):
    """SHT20 and SHT25 are the same, with another accuracy."""

    temp_s: ClassVar = (0.085, 0.022, 0.043, 0.011)
    humidity_s: ClassVar = (0.029, 0.004, 0.009, 0.015)


class Si7021(Htu21):
    """A humidity measurement includes one of the temperature, which can be read without a CRC."""

    contents: ClassVar = {
        **{READ_USER: b"\x3a", READ_LEVEL: b"\0", LAST_TEMP: b"\0\0", REVISION: b"\x20"},  # 2.0
        SECOND_ID: checked(b"\x15\xff\xff\xff", running=True),  # SNB
    }
    writes: ClassVar = {WRITE_USER: (READ_USER, 0x85), WRITE_LEVEL: (READ_LEVEL, 0x0F)}
    kept = 0
    running = True
    temp_s: ClassVar = (0.0108, 0.0038, 0.0062, 0.0024)
    humidity_s: ClassVar = (0.0228, 0.0069, 0.0107, 0.0094)  # both conversions (table 2, note 1)
    t_startup = 0.080

    def _humidity(self, end: float) -> bytes:
        self._contents[LAST_TEMP] = self._temp(end)
        return super()._humidity(end)


class Si7006(Si7021):
    contents: ClassVar = {**Si7021.contents, SECOND_ID: checked(b"\x06\xff\xff\xff", running=True)}


class Si7013(Si7021):
    contents: ClassVar = {**Si7021.contents, SECOND_ID: checked(b"\x0d\xff\xff\xff", running=True)}


class Si7020(Si7021):
    contents: ClassVar = {**Si7021.contents, SECOND_ID: checked(b"\x14\xff\xff\xff", running=True)}
