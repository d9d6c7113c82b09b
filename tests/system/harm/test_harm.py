"""No driver changes a chip of another kind, at any address that it allows; exceptions are those of physics, and rates.

A rate is of chips whose registers have random content: registers read before the first write fit by chance.
"""

from __future__ import annotations

from itertools import product

import pytest

from .trial import CHIPS, Trial, addresses, bind, search, survey
from .victims import MEMORIES, REGISTERS, Bytes, Eeprom, Pcf8574, Pcf8591, Rtc, Victim, Words

LM75 = ("lm75", "lm75a", "tmp75", "tmp102", "tmp105", "pct2075", "ds1775", "mcp980x")
RUNS = 400
# Of as many chips with random registers, those with a write.  Bits that must be 0: two nibbles of words, 1/256;
# of bytes a nibble and a zero, 1/4096.  An identity of 8 bits, or one CRC of 8 bits: 1/256.  More: none.
BYTES = {**dict.fromkeys(LM75, 2), "ina219": 0, "lis3dh": 4, "sht3x": 4, "sts3x": 4}
BYTES |= {"lps22hh": 2, **dict.fromkeys(("lps22df", "lps28dfw", "lps25hb"), 1)}  # an identity and 2 bits, or 4
WORDS = {**dict.fromkeys(LM75, 6), "ina219": 30, "lis3dh": 4, "sht3x": 4, "sts3x": 4}
OUTPUT_ON = {"ina226", "ina260", "sts3x"}  # their first byte, 0xFE or 0xF3, switches the output of a PCF8591 on
# Their read command has two bytes, which is a write to a chip with registers.  A survey does not send it.
TWO_BYTES = {"sht3x", "sts3x", "hdc3020", "shtc3", "scd4x"}
# They have neither an identity nor reserved bits nor a CRC before the first command.  Their addresses have no memory.
UNKNOWABLE = {"aht20", "bh1750"}
READ_ONLY = {"bh1750"}  # it is bound by a read without a command
every_chip = pytest.mark.parametrize("chip", CHIPS)


@every_chip
@pytest.mark.parametrize("kind", MEMORIES)
def test_a_memory_or_a_clock_is_not_changed(chip: str, kind: type[Victim]) -> None:
    for addr, seed in product(addresses(chip), range(3)):
        trial = bind(chip, addr, kind(seed))
        assert not trial.changed or chip in TWO_BYTES | UNKNOWABLE, f"{kind.__name__} at {addr:#04x}, seed {seed}"
        assert not trial.bound or chip in UNKNOWABLE


@every_chip
@pytest.mark.parametrize(("kind", "rates"), [(Bytes, BYTES), (Words, WORDS)])
def test_random_registers_are_changed_as_rarely_as_is_documented(
    chip: str, kind: type[Victim], rates: dict[str, int]
) -> None:
    first = next(addresses(chip))
    trials = [bind(chip, first, kind(seed)) for seed in range(RUNS if chip not in UNKNOWABLE else 0)]
    changed = [trial for trial in trials if trial.changed]
    assert len([trial for trial in changed if chip not in TWO_BYTES or trial.bound]) <= rates.get(chip, 0)


@every_chip
@pytest.mark.parametrize("kind", [*MEMORIES, *REGISTERS])
def test_a_search_changes_nothing(chip: str, kind: type[Victim]) -> None:
    for addr, seed in product(addresses(chip), range(2)):
        assert not survey(chip, addr, kind(seed)).changed
        assert not search(chip, addr, kind(seed)).changed or chip in TWO_BYTES


@every_chip
def test_a_search_does_not_switch_an_output_on(chip: str) -> None:
    for addr in set(addresses(chip)) & set(range(0x48, 0x50)):
        assert not search(chip, addr, Pcf8591(0)).changed


@every_chip
def test_a_port_expander_takes_a_register_number_for_its_outputs_and_is_not_bound(chip: str) -> None:
    for addr in addresses(chip):
        assert bind(chip, addr, Pcf8574(0)) == Trial(bound=chip in UNKNOWABLE, changed=chip not in READ_ONLY)


@every_chip
def test_the_output_of_a_pcf8591_is_switched_on_by_one_id_alone(chip: str) -> None:
    for addr in set(addresses(chip)) & set(range(0x48, 0x50)):
        assert bind(chip, addr, Pcf8591(0)) == Trial(bound=False, changed=chip in OUTPUT_ON)


# The chips of this test keep the contents of their data sheets.


def test_an_eeprom_writes_a_page_at_the_stop_and_wraps() -> None:
    chip = Eeprom(0)
    before = bytes(chip.kept)
    chip.start(read=False)
    for byte in (0x06, 1, 2, 3):
        chip.write(byte)
    assert chip.kept == before
    chip.stop()
    assert (chip.kept[6], chip.kept[7], chip.kept[0]) == (1, 2, 3)
    chip.start(read=False)
    chip.write(0x10)
    chip.stop()
    chip.start(read=True)
    assert chip.read() == before[0x10]


def test_a_clock_takes_a_write_immediately() -> None:
    chip = Rtc(0)
    chip.start(read=False)
    chip.write(0)
    chip.write(0x59)
    assert chip.kept[0] == 0x59
