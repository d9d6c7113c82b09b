"""Faults as words, and the sentences about words that are none."""

from __future__ import annotations

import pytest

from i2cdrv.errors import Invalid
from i2cdrv.sim import Fault
from i2cdrv.sim.fault import FAULT_KINDS
from i2cdrv.sim.fault_effects import FAULT_CLASSES


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("nack", Fault("nack")),
        ("nack-data at=3 count=1", Fault("nack-data", at=3, transfers=1)),
        ("stuck-sda for=5", Fault("stuck-sda", seconds=5.0)),
        ("bitflip=0.001 for=0.5 count=3 seed=7", Fault("bitflip", 0.001, seconds=0.5, transfers=3, seed=7)),
        ("bitflip=0", Fault("bitflip", 0.0)),
        ("bitflip=1", Fault("bitflip", 1.0)),
        ("stretch=0.25", Fault("stretch", 0.25)),
        ("slow=2.5 for=60", Fault("slow", 2.5, seconds=60.0)),
        ("swap=bmp280", Fault("swap", "bmp280")),
        ("unplug after=2 at=0", Fault("unplug", after=2, at=0)),
        ("misread=0x88 seed=3", Fault("misread", "0x88", seed=3)),
        ("meddle=f400 count=2", Fault("meddle", "f400", transfers=2)),
        ("read-stuck=7:0 at=1", Fault("read-stuck", "7:0", at=1)),
        ("shift=-8", Fault("shift", -8)),
        ("twin=0.5 seed=1", Fault("twin", 0.5, seed=1)),
    ],
)
def test_words_and_back(words: str, fault: Fault) -> None:
    assert Fault.parse(*words.split()) == fault
    assert Fault.parse(*str(fault).split()) == fault


def test_the_order_of_the_options_does_not_matter() -> None:
    assert Fault.parse("nack", "count=3", "for=5") == Fault.parse("nack", "for=5", "count=3")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("nak", r"no fault 'nak' \(did you mean nack\?\); there are: nack, nack-data, .*swap=CHIP, bitflip=RATE"),
        ("bitflp=1", r"no fault 'bitflp=1' \(did you mean bitflip\?\)"),
        ("bitflip", r"bitflip needs a value: write bitflip=RATE; RATE is the probability that a bit flips, 0 to 1"),
        ("bitflip=1.01", r"'bitflip=1.01': RATE is the probability that a bit flips, 0 to 1"),
        ("bitflip=-0.1", "RATE is"),
        ("bitflip=nan", "RATE is"),
        ("bitflip=many", "RATE is"),
        ("nack=1", "'nack=1': nack takes no value; write nack"),
        ("stretch=0", "'stretch=0': MS is a time in milliseconds, more than 0"),
        ("stretch=inf", "MS is"),
        ("slow=0", "'slow=0': FACTOR is a number above 0"),
        ("slow=-2", "FACTOR is"),
        ("swap", "swap needs a value: write swap=CHIP; CHIP is a simulated chip: ads1013, "),
        ("swap=bmp28", r"'swap=bmp28': no chip 'bmp28' \(did you mean bmp280\?\)"),
        ("nack for=0", "'for=0': SECONDS is a time in seconds, more than 0"),
        ("nack for=", "'for=': SECONDS is"),
        ("nack for", "'for': SECONDS is"),
        ("nack count=0", "'count=0': N is a number of transfers, 1 or more"),
        ("nack count=1.5", "N is a number of transfers"),
        (f"nack count=1{400 * '0'}", "N is a number of transfers"),
        ("nack after=-1", "'after=-1': N is a number of transfers to skip first, 0 or more"),
        ("nack at=-1", "'at=-1': K is a number of data bytes that pass first, 0 or more"),
        (
            "nack cuont=1",
            r"unknown word 'cuont=1' \(did you mean count\?\); a fault's options: for=SECONDS, count=N",
        ),
        ("busy at=1", "'at=1': busy does not begin within a transfer"),
        ("nack seed=1", "'seed=1': nack is not random, so it takes no seed; leave it out"),
        ("misread=88", "'misread=88': REG is a register number, 0x00 to 0xff"),
        ("misread=0x100", "REG is"),
        ("meddle=123", "'meddle=123': BYTES is the bytes of the write in hexadecimal, 2 digits each"),
        ("meddle=", "BYTES is"),
        ("read-stuck=8:1", "'read-stuck=8:1': BIT is a bit and its level, 0:0 to 7:1"),
        ("write-stuck=0:2", "BIT is"),
        ("shift=0", "'shift=0': BITS is a number of bits, -64 to 64 and not 0"),
        ("shift=0.5", "BITS is"),
        ("twin=0", "'twin=0': SHARE is the share of the transfers, above 0, at most 1"),
        ("twin=1.1", "SHARE is"),
        ("both=bme", r"'both=bme': no chip 'bme' \(did you mean bme280\?\)"),
        ("torn at=1", "'at=1': torn does not begin within a transfer"),
    ],
)
def test_a_mistake_names_the_word_and_the_accepted_values(words: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        Fault.parse(*words.split())


def test_every_kind_does_something() -> None:
    assert FAULT_CLASSES.keys() == FAULT_KINDS.keys()
