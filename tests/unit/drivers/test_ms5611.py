"""MS5611 and its relatives against their datasheets: PROM, commands, products, and conversions that are disturbed."""

from __future__ import annotations

import pytest

import i2cdrv
from i2cdrv.errors import Invalid, NoDevice
from i2cdrv.lib.crc import crc4
from i2cdrv.sim import CHIPS, SimAdapter

from .facts import Facts
from .wire import conversation

NAMES = ("ms5611", "ms5607", "ms5637", "ms8607", "ms5837", "ms5837_02ba")
LOOK_THE_SAME = {  # name, chip, and the factor by which the pressure is wrong; the number of a product is in its PROM
    **{("ms5611", "ms5607"): 0.5, ("ms5607", "ms5611"): 2.0, ("ms5637", "ms8607"): 1.0, ("ms8607", "ms5637"): 1.0},
    **{("ms5637", "ms5837_02ba"): 1.0, ("ms8607", "ms5837_02ba"): 1.0},
}
FACTS = {name: Facts(4, 16, has_identity=False, confirmed=True) for name in NAMES}

WORDS = ["A0 > 31 32", "A2 > 33 34", "A4 > 35 36", "A6 > 37 38", "A8 > 39 40", "AA > 41 42", "AC > 43 44", "AE > 45 0B"]
PROM = "\n".join(WORDS) + "\n"  # the words of AN520 and their CRC
PROBE = PROM + "00 > 12 34 56\n00 > 00 00 00\n1E\nwait 2.8 … 2.9 ms\n" + "".join(f"{word}\n{word}\n" for word in WORDS)


def test_crc_of_the_application_note() -> None:
    """AN520: 0x3132 … 0x4344, 0x4500 have the CRC 0xB."""
    assert crc4(bytes.fromhex("3132 3334 3536 3738 3940 4142 4344 45")) == 0xB


def test_conversation_of_probe_and_sample() -> None:
    """Nothing checks the result of a conversion, so the first sample is measured until two others confirm it."""
    measure = "58\nwait 9.04 … 9.1 ms\n00 > 41 42 00\n48\nwait 9.04 … 9.1 ms\n00 > 80 00 00\n"  # D2 = C5 · 256
    talk = f"{PROBE} {measure} wait 1 … 5 ms\n {measure} wait 1 … 5 ms\n {measure} {PROM}"
    with conversation(0x76, talk) as bus, i2cdrv.open("ms5611", bus=bus, addr=0x76) as device:
        sample = device.sample()
    assert sample.temp == 20.0
    assert sample.pressure == pytest.approx((2**23 * 0x3334 * 2**15 / 2**21 - 0x3536 * 2**16) / 2**15)


def test_an_ms5837_of_the_other_range_is_refused() -> None:
    bus = SimAdapter({0x76: CHIPS["ms5837_02ba"]()})
    with pytest.raises(NoDevice, match="its PROM has the product number 0x15"):
        i2cdrv.open("ms5837", bus=bus, addr=0x76)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("chip", NAMES)
def test_a_chip_measures_or_is_refused(name: str, chip: str) -> None:
    """The PROMs of two chips look the same only if they have one layout and no product number of the other."""
    bus = SimAdapter({0x76: CHIPS[chip](pressure=50_000.0)})
    if name == chip or (name, chip) in LOOK_THE_SAME:
        with i2cdrv.open(name, bus=bus, addr=0x76) as device:
            assert device.sample().pressure == pytest.approx(50_000.0 * LOOK_THE_SAME.get((name, chip), 1), rel=0.005)
    else:
        with pytest.raises(NoDevice, match=f"is no {name}: its PROM has the"):
            i2cdrv.open(name, bus=bus, addr=0x76)


@pytest.mark.parametrize("name", ["ms5611", "ms5607", "ms5637", "ms8607", "ms5837_02ba"])
def test_an_ms5837_of_30_bar_is_named(name: str) -> None:
    """Its pressure would be 20 or 40 times too low (MS5837-30BA rev. C2, "Version PROM word 0 programming": 0x1A)."""
    bus = SimAdapter({0x76: CHIPS["ms5837"](pressure=100_000.0)})
    with pytest.raises(NoDevice, match=r"product number 0x1a of an MS5837-30BA: use i2cdrv load ms5837$"):
        i2cdrv.open(name, bus=bus, addr=0x76)


@pytest.mark.parametrize(("word_7", "other"), [(0x0000, "ms5611"), (0x5A00, "ms5637")])
def test_word_7_decides_if_the_prom_fits_both_layouts(word_7: int, other: str) -> None:
    words = fitting_both(word_7)
    talk = "\n".join(f"{0xA0 + 2 * at:02X} > {word >> 8:02X} {word & 0xFF:02X}" for at, word in enumerate(words))
    with conversation(0x76, talk) as bus, pytest.raises(NoDevice, match="its PROM has the layout of an"):
        i2cdrv.open(other, bus=bus, addr=0x76)


def fitting_both(word_7: int) -> list[int]:
    """Return words with the CRC of both layouts (AN520), of which the last is ``word_7`` and a CRC that may be 0."""
    for second in range(0x1000, 0x10000):
        words = [0x0045, second, *range(0x3334, 0x3339), 0]
        words[0] |= crc4(packed(words)) << 12
        words[7] = word_7
        last = crc4(packed(words)[:15])
        if word_7 or not last:
            return [*words[:7], word_7 | last]
    raise AssertionError(word_7)


def packed(words: list[int]) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)


def test_a_memory_whose_bytes_fit_the_crc_is_refused() -> None:
    talk = PROM + "00 > 12 34 56\n00 > 12 34 56\n"
    with conversation(0x77, talk) as bus, pytest.raises(NoDevice, match="returns the result of a conversion twice"):
        i2cdrv.open("ms5611", bus=bus, addr=0x77)


@pytest.mark.parametrize("crc", [f"AE > 45 0{crc:X}" for crc in range(16) if crc != 0xB])
def test_a_prom_that_does_not_fit_its_crc_is_refused(crc: str) -> None:
    with conversation(0x77, "\n".join((*WORDS[:-1], crc))) as bus, pytest.raises(NoDevice, match="does not fit"):
        i2cdrv.open("ms5611", bus=bus, addr=0x77)


def test_the_old_chips_have_no_oversampling_of_8192() -> None:
    with pytest.raises(Invalid, match=r"osr=x8192: not for the ms5607; it accepts x256, x512, x1024, x2048, x4096$"):
        i2cdrv.open("ms5607", bus=SimAdapter({0x76: CHIPS["ms5607"]()}), addr=0x76, osr="x8192")


def test_a_chip_that_converts_too_slowly_gives_no_value() -> None:
    """ADC read during a conversion returns 0, and the result will be wrong ("Conversion sequence")."""
    bus = SimAdapter({0x76: CHIPS["ms5611"](temp=21.0)})
    with i2cdrv.open("ms5611", bus=bus, addr=0x76) as device:
        device.sample()
        bus.faults.inject("slow=1.5 count=6", 0x76)
        assert device.sample().temp == pytest.approx(21.0, abs=0.01)
