"""The two modules whose answers were recorded, declared as drivers: one in C, one in Rust."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import (
    BINT,
    BOOL,
    BYTE,
    CHARP,
    HEXINT,
    INT,
    INVBOOL,
    LONG,
    SHORT,
    UINT,
    ULLONG,
    ULONG,
    USHORT,
    Array,
    Callback,
    bint,
    bool_enable_only,
    byte,
    hexint,
    invbool,
    long,
    param,
    short,
    string,
    uint,
    ullong,
    ulong,
    ushort,
)
from i2cdrv.driver.moduleparam.rust import i8, i16, i32, i64, isize, u8, u16, u32, u64, usize
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import Error


class Sample(NamedTuple):
    temp: Celsius


def noarg(text: bytes | None) -> bytes:
    return b"NULL\n" if text is None else b"len=%d\n" % len(text)


def reterr(text: bytes | None) -> None:
    """``set`` of the kernel's module returns -n."""
    if number := INT.set(text or b""):
        raise Error("as it was told", number)


def as_int(text: bytes | None) -> int:
    return INT.set(text or b"")


ZEROS = (0, 0, 0, 0)


class ParamOracle(Driver):
    p_bool: bool = param("a bool", default=False)
    p_invbool: invbool = param("an invbool", default=False)
    p_bint: bint = param("a bint", default=0)
    p_boolen: bool_enable_only = param("a bool_enable_only", default=False)
    p_byte: byte = param("a byte", default=0)
    p_short: short = param("a short", default=0)
    p_ushort: ushort = param("a ushort", default=0)
    p_int: int = param("an int", default=0)
    p_uint: uint = param("a uint", default=0)
    p_long: long = param("a long", default=0)
    p_ulong: ulong = param("a ulong", default=0)
    p_ullong: ullong = param("a ullong", default=0)
    p_hexint: hexint = param("a hexint", default=0)
    p_charp: str = param("a charp", default="initial")
    p_string: Annotated[str, string(16)] = param("a string", default="initial")
    p_minmax: uint = param("a uint with bounds", default=5, minimum=2, maximum=100)

    a_int: Annotated[tuple[int, ...], Array(INT, 4)] = param("ints", default=ZEROS)
    a_int_nc: tuple[int, int, int, int] = param("ints without a count", default=ZEROS)
    a_byte: Annotated[tuple[int, ...], Array(BYTE, 4)] = param("bytes", default=ZEROS)
    a_short: Annotated[tuple[int, ...], Array(SHORT, 4)] = param("shorts", default=ZEROS)
    a_ushort: Annotated[tuple[int, ...], Array(USHORT, 4)] = param("ushorts", default=ZEROS)
    a_uint: Annotated[tuple[int, ...], Array(UINT, 4)] = param("uints", default=ZEROS)
    a_hexint: Annotated[tuple[int, ...], Array(HEXINT, 4)] = param("hexints", default=ZEROS)
    a_long: Annotated[tuple[int, ...], Array(LONG, 4)] = param("longs", default=ZEROS)
    a_ulong: Annotated[tuple[int, ...], Array(ULONG, 4)] = param("ulongs", default=ZEROS)
    a_ullong: Annotated[tuple[int, ...], Array(ULLONG, 4)] = param("ullongs", default=ZEROS)
    a_bool: Annotated[tuple[bool, ...], Array(BOOL, 4)] = param("bools", default=(False,) * 4)
    a_invbool: Annotated[tuple[bool, ...], Array(INVBOOL, 4)] = param("invbools", default=(False,) * 4)
    a_bint: Annotated[tuple[int, ...], Array(BINT, 4)] = param("bints", default=ZEROS)
    a_charp: Annotated[tuple[str, ...], Array(CHARP, 4)] = param("charps", default=tuple("abcd"))

    p_noarg: Annotated[bytes, Callback(noarg, bytes, noarg=True)] = param("a bare name", default=b"never\n")
    p_reterr: Annotated[None, Callback(reterr, lambda _: b"no newline at the end")] = param("an errno", default=None)
    p_noset_rw: Annotated[int, Callback(None, lambda value: b"%d\n" % value)] = param("no setter", default=7)
    p_noget: Annotated[int, Callback(as_int, None)] = param("no getter", default=0)

    inner: int = param("with another name", default=0, name="outer_name")
    with_under_score: int = param("with underscores", default=0)
    dup_second: int = param("one of two", default=0)
    u_unsafe: int = param("a dangerous one", default=0, unsafe=True)
    hw_irq: int = param("an interrupt", default=0)
    m_0000: int = param("mode 0000", default=1, perm=0)
    m_0200: int = param("mode 0200", default=1, perm=0o200)
    m_0400: int = param("mode 0400", default=1, perm=0o400)
    m_0440: int = param("mode 0440", default=1, perm=0o440)
    m_0444: int = param("mode 0444", default=1, perm=0o444)
    m_0600: int = param("mode 0600", default=1, perm=0o600)
    m_0640: int = param("mode 0640", default=1, perm=0o640)
    m_0660: int = param("mode 0660", default=1, perm=0o660)
    m_0664: int = param("mode 0664", default=1, perm=0o664)

    async def sample(self) -> Sample:
        return Sample(Celsius(0))


# the recorder's window on a variable that has no file: a second name for it
_WINDOW = ParamOracle.params["m_0000"]._replace(name="m_0000_alias", perm=0o444)
ParamOracle.params = {**ParamOracle.params, _WINDOW.name: _WINDOW}


class RustParamOracle(Driver):
    r_i8: i8 = param("an i8", default=-8, perm=0, once=True)
    r_u8: u8 = param("a u8", default=8, perm=0, once=True)
    r_i16: i16 = param("an i16", default=-16, perm=0, once=True)
    r_u16: u16 = param("a u16", default=16, perm=0, once=True)
    r_i32: i32 = param("an i32", default=-32, perm=0, once=True)
    r_u32: u32 = param("a u32", default=32, perm=0, once=True)
    r_i64: i64 = param("an i64", default=-64, perm=0, once=True)
    r_u64: u64 = param("a u64", default=64, perm=0, once=True)
    r_isize: isize = param("an isize", default=-6464, perm=0, once=True)
    r_usize: usize = param("a usize", default=6464, perm=0, once=True)

    async def sample(self) -> Sample:
        return Sample(Celsius(0))
