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
from ..wordcommands import CRC, WordCommands

TEMP, HUMIDITY = 0xF3, 0xF5
TEMP_HOLD, HUMIDITY_HOLD = HOLD = 0xE3, 0xE5
WRITE_USER, READ_USER, RESET, FIRST_ID, SECOND_ID = 0xE6, 0xE7, 0xFE, 0xFA0F, 0xFCC9
LAST_TEMP, WRITE_LEVEL, READ_LEVEL, REVISION = 0xE0, 0x51, 0x11, 0x84B8  # only Si70xx; of the heater
TEMP_BITS, HUMIDITY_BITS = (14, 12, 13, 11), (12, 8, 10, 11)  # by RES1 and RES0
PREFIXES = {0xFA, 0xFC, 0x84}  # of commands of two bytes
T_RESET = 0.015  # s
HEATER = 0x04


def checked(data: bytes, size: int = 2, *, running: bool = False) -> bytes:
    """Return the bytes with a checksum after each ``size``: polynomial 0x31, initialisation 0 (Si7021 §5.1)."""
    answer, crc = b"", 0
    for at in range(0, len(data), size):
        crc = crc if running else 0
        for byte in data[at : at + size]:
            crc = CRC[crc ^ byte]
        answer += data[at : at + size] + bytes((crc,))
    return answer


class Htu21(WordCommands, SerialNumber):
    """Acknowledges no read while it measures; in hold mode it stretches the clock instead."""

    inputs: ClassVar = {"temp": Input(22.0, "°C"), "humidity": Input(45.0, "%RH")}
    serial = 0x123456  # SNB; of a Si70xx SNA
    second_id = b"\x32\x31\x48\x54"  # SNC, SNA
    running = False  # a CRC covers the earlier bytes of the answer, too
    commands: ClassVar = frozenset((*HOLD, TEMP, HUMIDITY, READ_USER, RESET, FIRST_ID, SECOND_ID))
    arguments: ClassVar = frozenset((WRITE_USER,))  # commands with a byte
    temp_s: ClassVar = (0.050, 0.013, 0.025, 0.007)  # by RES1 and RES0
    humidity_s: ClassVar = (0.016, 0.003, 0.005, 0.008)
    power_up_s = T_RESET
    user, writable, kept = 0x02, 0x87, HEATER  # the register after a reset; bits that a write changes; a reset does not

    def power_on(self) -> None:
        super().power_on()
        self._user, self._level, self._last_temp = self.user, 0, b"\0\0"
        self.occupy(RESET, 0, self.power_up_s)

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
        if len(self._received) == 2 and self._received[0] in self.arguments:
            command, argument = self._received
        elif len(self._received) == 1 and byte in self.arguments | PREFIXES:
            return True
        elif command not in self.commands:
            return False
        self.occupy(command, argument, self._duration(command))
        return True

    @property
    def _resolution(self) -> int:
        return self._user >> 6 & 2 | self._user & 1

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
        elif command == SECOND_ID:
            self.answer = checked(self.second_id, running=self.running)
        else:
            self._access(command, argument)

    def _access(self, command: int, argument: int) -> None:
        """Do a command for the user register, or a reset."""
        if command == READ_USER:
            self.answer = bytes((self._user,))
        elif command == WRITE_USER:
            self._user = self._user & ~self.writable | argument & self.writable
        elif command == RESET:
            self._user = self.user & ~self.kept | self._user & self.kept

    def _temp(self, end: float) -> bytes:
        bits = TEMP_BITS[self._resolution]
        raw = nearest(self.value("temp", end) + 46.85, 175.72 / 2**bits, 0, 2**bits - 1) << 16 - bits
        return raw.to_bytes(2, "big")

    def _humidity(self, end: float) -> bytes:
        bits = HUMIDITY_BITS[self._resolution]
        raw = nearest(self.value("humidity", end) + 6, 125 / 2**bits, 0, 2**bits - 1) << 16 - bits
        return (raw | 0x02).to_bytes(2, "big")  # the status bits of a humidity


class Sht21(Htu21):
    """SHT20 and SHT25 are the same, with another accuracy."""

    temp_s: ClassVar = (0.085, 0.022, 0.043, 0.011)
    humidity_s: ClassVar = (0.029, 0.004, 0.009, 0.015)


class Si7021(Htu21):
    """A humidity measurement includes one of the temperature, which can be read without a CRC."""

    running = True
    commands: ClassVar = Htu21.commands | {LAST_TEMP, READ_LEVEL, REVISION}
    arguments: ClassVar = frozenset((WRITE_USER, WRITE_LEVEL))
    temp_s: ClassVar = (0.0108, 0.0038, 0.0062, 0.0024)
    humidity_s: ClassVar = (0.0228, 0.0069, 0.0107, 0.0094)  # both conversions (table 2, note 1)
    power_up_s = 0.080
    user, writable, kept = 0x3A, 0x85, 0
    second_id = b"\x15\xff\xff\xff"  # SNB

    def _humidity(self, end: float) -> bytes:
        self._last_temp = self._temp(end)
        return super()._humidity(end)

    def _access(self, command: int, argument: int) -> None:
        if command == LAST_TEMP:
            self.answer = self._last_temp
        elif command == WRITE_LEVEL:
            self._level = argument & 0x0F
        elif command == READ_LEVEL:
            self.answer = bytes((self._level,))
        elif command == REVISION:
            self.answer = b"\x20"  # 2.0
        else:
            super()._access(command, argument)


class Si7006(Si7021):
    second_id = b"\x06\xff\xff\xff"


class Si7013(Si7021):
    second_id = b"\x0d\xff\xff\xff"


class Si7020(Si7021):
    second_id = b"\x14\xff\xff\xff"
