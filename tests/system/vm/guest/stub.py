"""Registers of i2c-stub."""

from __future__ import annotations

from smbus2 import SMBus


def put_words(number: int, addr: int, words: dict[int, int]) -> None:
    """Fill 16-bit registers; these chips send the high byte first, an SMBus word goes low byte first."""
    with SMBus(number) as registers:
        for register, word in words.items():
            registers.write_word_data(addr, register, int.from_bytes((word & 0xFFFF).to_bytes(2, "big"), "little"))


def put_bytes(number: int, addr: int, blocks: dict[int, bytes]) -> None:
    with SMBus(number) as registers:
        for start, block in blocks.items():
            for offset, byte in enumerate(block):
                registers.write_byte_data(addr, start + offset, byte)
