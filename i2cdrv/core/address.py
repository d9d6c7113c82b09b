"""Names and addresses of clients; the kernel adds flags to the latter (drivers/i2c/i2c-core-base.c)."""

from __future__ import annotations

from ..errors import Invalid

NAME_SIZE = 20  # I2C_NAME_SIZE, with the NUL
TEN_BIT, SLAVE = 0xA000, 0x1000  # added to the address (i2c_dev_set_name, I2C_ADDR_OFFSET_…)

MAX_FLAGGED_ADDRESS = 0xFFFF  # unsigned short of struct i2c_client


def check_name(name: bytes) -> None:
    """Raise Invalid for the name of a chip that the kernel's file would not take."""
    if len(name) >= NAME_SIZE or b" " in name:
        raise Invalid("new_device: Invalid device name")


def check_address(addr: int) -> None:
    """Raise Invalid for an address that no client can have; flags may be in it."""
    if not 0 <= addr <= MAX_FLAGGED_ADDRESS:
        raise Invalid(f"Invalid I2C address {addr:#x}: accepted: 0x01 to 0x7f")
    if addr & TEN_BIT == TEN_BIT:
        if addr & ~TEN_BIT > 0x3FF:
            raise Invalid(f"Invalid 10-bit I2C address {addr & ~TEN_BIT:#04x}")
    elif not 0 < addr & ~SLAVE <= 0x7F:
        raise Invalid(f"Invalid 7-bit I2C address {addr & ~SLAVE:#04x}")


def without_flags(addr: int) -> int:
    """Return the part of an address that goes over the wire."""
    return addr & 0x3FF


def format_address(addr: int) -> str:
    """Format an address as the kernel's log lines do."""
    return f"{without_flags(addr):#04x}"
