"""Chips that a driver for another one may meet: their contents, and the way they take bytes, by their data sheets."""

from __future__ import annotations

from random import Random

from i2cdrv.sim import Chip


class Victim(Chip):
    """``kept``: everything that a write can change, but a pointer."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.kept = bytearray(self.content())
        super().__init__()

    def content(self) -> bytes:
        return self.random.randbytes(512)

    def power_on(self) -> None:
        self.pointer, self.sent = 0, 0

    def start(self, read: bool) -> bool:
        self.sent = 0
        return True


class Bytes(Victim):
    """256 registers of 8 bits behind a pointer that advances."""

    def write(self, byte: int) -> bool:
        if self.sent:
            self.kept[self.pointer] = byte
            self.pointer = (self.pointer + 1) % 256
        else:
            self.pointer = byte
        self.sent += 1
        return True

    def read(self) -> int:
        self.pointer = (self.pointer + 1) % 256
        return self.kept[self.pointer - 1]


class Words(Victim):
    """256 registers of 16 bits; the pointer stays."""

    def write(self, byte: int) -> bool:
        if self.sent:
            self.kept[2 * self.pointer + (self.sent - 1) % 2] = byte
        else:
            self.pointer = byte
        self.sent += 1
        return True

    def read(self) -> int:
        self.sent += 1
        return self.kept[2 * self.pointer + (self.sent - 1) % 2]


class Rtc(Bytes):
    """DS1307, table 2: seconds, minutes, hours, day, date, month, year in BCD, control, then 56 bytes of RAM."""

    def content(self) -> bytes:
        draw = self.random.randrange
        parts = (draw(60), draw(60), draw(24), 1 + draw(7), 1 + draw(28), 1 + draw(12), draw(100))
        return bytes(int(str(part), 16) for part in parts) + b"\x03" + self.random.randbytes(504)


class Pca9555(Bytes):
    """Inputs, outputs, polarity, configuration (SCPS131, 8.6.3), each of two ports; after power-on, some pins low."""

    def content(self) -> bytes:
        return (self.random.randbytes(2) + b"\xff\xff\0\0\xff\xff") * 64

    def write(self, byte: int) -> bool:
        return super().write(byte if self.sent else byte % 8)

    def read(self) -> int:
        value = self.kept[self.pointer]
        self.pointer ^= 1  # the other port of the pair
        return value


class Eeprom(Victim):
    """24C02: one byte of address, pages of 8 bytes; a write begins at STOP."""

    address_bytes, page = 1, 8

    def power_on(self) -> None:
        super().power_on()
        self.buffer: list[int] = []

    def start(self, read: bool) -> bool:
        self.buffer.clear()  # without a STOP before, nothing is written
        return super().start(read)

    def write(self, byte: int) -> bool:
        if self.sent < self.address_bytes:
            self.pointer = byte if self.sent == 0 else 256 * self.pointer + byte
        else:
            self.buffer.append(byte)
        self.sent += 1
        return True

    def read(self) -> int:
        self.pointer += 1
        return self.kept[(self.pointer - 1) % 512]

    def stop(self) -> None:
        first = self.pointer - self.pointer % self.page
        for at, byte in enumerate(self.buffer):
            self.kept[(first + (self.pointer + at) % self.page) % 512] = byte
        self.buffer.clear()


class BigEeprom(Eeprom):
    """24C256: two bytes of address, pages of 64 bytes."""

    address_bytes, page = 2, 64


class Blank(Eeprom):
    """A 24C02 as it is delivered."""

    def content(self) -> bytes:
        return b"\xff" * 512


class Pcf8574(Victim):
    """Each byte that is written drives the eight pins; it has no registers."""

    def content(self) -> bytes:
        return b"\xff"

    def write(self, byte: int) -> bool:
        self.kept[0] = byte
        return True

    def read(self) -> int:
        return self.kept[0]


class Pcf8591(Pcf8574):
    """The first byte that is written is the control byte, of which bit 6 switches the output on; reads convert."""

    def content(self) -> bytes:
        return b"\0"

    def write(self, byte: int) -> bool:
        if not self.sent:
            self.kept[0] = byte & 0x40
        self.sent += 1
        return True

    def read(self) -> int:
        return self.random.randrange(256)


MEMORIES: tuple[type[Victim], ...] = (Eeprom, BigEeprom, Blank, Rtc, Pca9555)
REGISTERS: tuple[type[Victim], ...] = (Bytes, Words)
ORDERS: tuple[type[Victim], ...] = (Pcf8574, Pcf8591)  # take a register number for an order
