"""Field specifiers: the declarations in the body of a ``Register``, until the class gives their address."""

from __future__ import annotations

from typing import Any, NamedTuple

from .role import Role


class Piece(NamedTuple):
    """Bits ``high`` … ``low`` of the ``size`` bytes at ``addr``, or of the whole register (addr None)."""

    addr: int | None
    size: int
    high: int
    low: int


class Declaration(NamedTuple):
    """The arguments of a field specifier, until the class gives the address."""

    pieces: tuple[Piece, ...]
    signed: bool = False
    repeat: int | None = None
    role: Role = Role()
    reserved: bool = False


def bits(
    high: int, low: int | None = None, *, at: int | None = None, size: int = 1, signed: bool = False,
    volatile: bool = False, setting: bool = False, fixed: int | None = None, unmeasured: int | None = None,
    ready: bool = False, counter: bool = False, saturates: bool = False,
) -> Any:  # fmt: skip
    """Declare bits ``high`` … ``low`` of the register; with ``at``, of the ``size`` bytes there in the burst.

    The role of the field in the register, which each read checks (``role.py``):
    ``volatile``: the next read may differ, for example because reading clears a flag.
    ``setting``: it reads as it was written last, or the read raises ConfigLost.
    ``fixed``: it always reads this number, or the read raises Disagreement.
    ``unmeasured``: its number until a conversion has filled it; reading that raises NotMeasured.
    ``ready``: it reads 1 once a conversion has ended, or the read raises NotConverted; it is volatile.
    ``counter``: each conversion changes it; a sample that reads the same raises NotConverted; it is volatile.
    ``saturates``: a converter's output; all bits 0 or all bits 1 raise OutOfRange.
    """
    role = Role(volatile or ready or counter, setting, fixed, unmeasured, ready, counter, saturates)
    return Declaration((Piece(at, size, high, high if low is None else low),), signed, role=role)


def reserved(high: int, low: int | None = None, value: int = 0, *, at: int | None = None, size: int = 1) -> Any:
    """Declare bits that the chip always reads as ``value``, and that are written so.

    In a class: ``fixed = reserved(15, 12, 0b0100)``.  They take no annotation and are no argument of the constructor.
    A read that brings other bits raises Disagreement; until the chip is recognised, reads do not check them.
    """
    piece = Piece(at, size, high, high if low is None else low)
    return Declaration((piece,), role=Role(fixed=value), reserved=True)


def concat(*pieces: tuple[int, int, int], signed: bool = False) -> Any:
    """Declare a number scattered over bytes: (address, high, low) of each piece, the most significant first."""
    return Declaration(tuple(Piece(addr, 1, high, low) for addr, high, low in pieces), signed)


def u8(addr: int) -> Any:
    """Declare the byte at ``addr``."""
    return bits(7, 0, at=addr)


def s8(addr: int) -> Any:
    """Declare the byte at ``addr``, two's complement."""
    return bits(7, 0, at=addr, signed=True)


def u16(
    addr: int, *, count: int | None = None, unmeasured: int | None = None, saturates: bool = False,
    programmed: bool = False,
) -> Any:  # fmt: skip
    """Declare two bytes at ``addr`` in the register's byte order; with ``count`` a tuple of consecutive words.

    ``unmeasured``: as for ``bits``.
    ``saturates``: a converter's output; all bits 0 or all bits 1 raise OutOfRange.
    ``programmed``: a word that the factory writes; all bits 0 or all bits 1 raise NoDevice.
    """
    role = Role(unmeasured=unmeasured, saturates=saturates, programmed=programmed)
    return Declaration((Piece(addr, 2, 15, 0),), repeat=count, role=role)


def s16(addr: int, *, count: int | None = None, programmed: bool = False) -> Any:
    """Declare two bytes as ``u16`` does, in two's complement."""
    return Declaration((Piece(addr, 2, 15, 0),), signed=True, repeat=count, role=Role(programmed=programmed))
