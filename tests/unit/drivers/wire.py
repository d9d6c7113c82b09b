"""Conversations typed from a datasheet, as the pytest plugin plays them for a user's driver."""

from i2cdrv.sim.conversation import conversation as conversation  # noqa: PLC0414


def word(number: int) -> str:
    """A word and Sensirion's CRC, by long division of the bits, the first eight inverted, by x⁸ + x⁵ + x⁴ + 1."""
    bits = [int(digit) for digit in f"{number:016b}{0:08b}"]
    bits[:8] = [1 - bit for bit in bits[:8]]
    for at in range(16):
        if bits[at]:
            bits[at : at + 9] = [a ^ b for a, b in zip(bits[at : at + 9], (1, 0, 0, 1, 1, 0, 0, 0, 1), strict=True)]
    return f"{number >> 8:02X} {number & 0xFF:02X} {int(''.join(map(str, bits[-8:])), 2):02X}"


def smbus_word(addr: int, command: int, number: int) -> str:
    """The answer to an SMBus read of a word, low byte first, and its PEC by long division by x⁸ + x² + x + 1."""
    data = f"{number & 0xFF:02X} {number >> 8:02X}"
    wire = bytes((addr << 1, command, addr << 1 | 1)) + bytes.fromhex(data)
    bits = [int(digit) for byte in (*wire, 0) for digit in f"{byte:08b}"]
    for at in range(len(bits) - 8):
        if bits[at]:
            bits[at : at + 9] = [a ^ b for a, b in zip(bits[at : at + 9], (1, 0, 0, 0, 0, 0, 1, 1, 1), strict=True)]
    return f"{data} {int(''.join(map(str, bits[-8:])), 2):02X}"
