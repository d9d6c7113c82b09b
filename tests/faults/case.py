"""The cells of the matrix: which chip with which settings, which fault, at which moment, with which seed."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from i2cdrv.module import available, load

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = {  # beyond the defaults
    "bme280": ("mode=normal standby=ms0_5", "mode=normal standby=ms1000", "osrs_t=x16 osrs_p=x16 osrs_h=x16"),
    "bmp280": ("mode=normal standby=ms125",),
    "ina219": ("samples=x128 bus_range=v16", "shunt_range=mv80"),
    "ina226": ("average=x16 time=us8244",),
    "mcp9808": ("resolution=half",),
    "sht4x": ("precision=low",),
}
ADDRESS = {"mcp9808": 0x18, "ina219": 0x40, "ina226": 0x41, "sht4x": 0x44, "bme280": 0x76, "bmp280": 0x77}
THERMOMETER = 0x48
STRANGERS = {  # what may be plugged in by mistake: legal at the address, or what lies beside it on the bench
    "bme280": ("bme280", "bmp280", "sht4x"),
    "bmp280": ("bmp280", "bme280", "mcp9808"),
    "ina219": ("ina219", "ina226", "sht4x"),
    "ina226": ("ina226", "ina219", "lm75"),
    "mcp9808": ("mcp9808", "lm75", "bme280"),
    "sht4x": ("sht4x", "lm75", "bme280"),
}
STRANGE_THERMOMETERS = ("tmp102", "ina219", "bme280", "mcp9808")

STAYING = ("nack", "nack-data", "stuck-sda", "stuck-scl", "unplug", "bitflip=0.0005", "bitflip=0.002", "stretch=5",
           "stretch=50", "arbitration", "busy", "slow=1.5", "slow=2")  # fmt: skip
WITHIN = ("nack-data", "stuck-sda", "stuck-scl", "unplug", "brownout", "arbitration")  # may begin after some bytes
LASTING = ("for=0.02", "for=1.3", "for=3.7", "count=1", "count=2", "count=7")
AFTER = range(7)  # transfers: more than a sample has, and than most probes have
AT = (None, 1, 2, 5, 12)  # bytes


class Case(NamedTuple):
    """One run.  ``settings``: words of the driver; ``faults``: one after the other, those of one moment together."""

    chip: str
    settings: str
    fault: str
    before: str
    seed: int

    @property
    def addr(self) -> int:
        return ADDRESS.get(self.chip, THERMOMETER)

    def __str__(self) -> str:
        """What ``python -m tests.faults --case`` takes."""
        return "; ".join((self.chip, self.settings, self.fault, self.before, str(self.seed)))

    @classmethod
    def parse(cls, text: str) -> Case:
        chip, settings, fault, before, seed = (part.strip() for part in text.split(";"))
        return cls(chip, settings, fault, before, int(seed))


def chips() -> list[str]:
    """Every chip that a driver is for."""
    return [chip for name in available() for chip in load(name).aliases]


def faults(chip: str) -> Iterator[str]:
    """Every fault at every moment, without its time."""
    for fault, after in product(STAYING, AFTER):
        for at in AT if fault in WITHIN else (None,):
            yield " ".join(filter(None, (fault, f"after={after}" if after else "", "" if at is None else f"at={at}")))
    for after, at in product(AFTER, (None, 0, *AT[1:])):
        yield f"brownout count=1 after={after} at={at}" if at is not None else f"brownout count=1 after={after}"
    for stranger in STRANGERS.get(chip, (chip, *STRANGE_THERMOMETERS)):
        yield f"swap={stranger}"


def cases(runs: int, seed: int, only: str = "") -> list[Case]:
    """So many, from every cell some, in an order that the seed decides."""
    random = Random(seed)
    cells = [(chip, fault) for chip in chips() if only in ("", chip) for fault in faults(chip)]
    found: list[Case] = []
    while len(found) < runs:
        random.shuffle(cells)
        for chip, fault in cells[: runs - len(found)]:
            settings = random.choice(("", "", *SETTINGS.get(chip, ())))
            lasting = "" if fault.startswith("brownout") else random.choice(LASTING)
            before = random.choice(("", "", "brownout", "unplug for=0.5"))
            if fault.startswith(("swap", "unplug")):
                lasting, before = random.choice(LASTING[:3]), "" if before != "brownout" else before
            found.append(Case(chip, settings, f"{fault} {lasting}".strip(), before, random.randrange(1 << 32)))
    return found
