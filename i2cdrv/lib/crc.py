"""Checksums of eight and of four bits, as chips send and expect them."""

from __future__ import annotations

from functools import lru_cache


def _remainder(byte: int, polynomial: int) -> int:
    for _ in range(8):
        byte = (byte << 1 ^ polynomial if byte & 0x80 else byte << 1) & 0xFF
    return byte


@lru_cache(8)
def table(polynomial: int) -> bytes:
    """Return the remainder of each byte."""
    return bytes(_remainder(byte, polynomial) for byte in range(256))


def crc8(data: bytes, polynomial: int = 0x31, start: int = 0xFF) -> int:
    """Return the CRC-8, most significant bit first; 0xBE 0xEF gives 0x92 (SHT4x, "Checksum Calculation")."""
    remainders, crc = table(polynomial), start
    for byte in data:
        crc = remainders[crc ^ byte]
    return crc


def crc4(data: bytes) -> int:
    """Return the CRC-4 with the polynomial x⁴ + x + 1 and the initial value 0, most significant bit first."""
    crc = 0
    for byte in data:
        for bit in range(7, -1, -1):
            crc = (crc << 1 & 0xF) ^ 0b0011 * (crc >> 3 ^ byte >> bit & 1)
    return crc
