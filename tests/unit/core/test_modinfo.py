"""``i2cdrv info``: the words of a parameter, of an enum or of an array of an enum."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import pytest

from i2cdrv import Driver, Volt, param
from i2cdrv.config.config import load, own_params
from i2cdrv.core import modinfo
from i2cdrv.core.module import load as load_module
from i2cdrv.core.module import of_class
from i2cdrv.driver.moduleparam import Parameters
from i2cdrv.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

Gain = IntEnum("Gain", "X1 X2 X4", start=0)


class Sample(NamedTuple):
    voltage: Volt


class Amplifier(Driver):
    """Two inputs with a gain each."""

    gain: Gain = param("of the input", default=Gain.X1)
    gains: tuple[Gain, Gain] = param("of both inputs", default=(Gain.X1, Gain.X2), maximum=1)

    async def sample(self) -> Sample:
        return Sample(0.0)


def test_info_shows_the_words_of_an_array_within_its_bounds() -> None:
    lines = "\n".join(modinfo.lines(of_class(Amplifier)))
    assert "gain:of the input (word; x1, x2, x4; default x1; perm 0644)" in lines
    accepted = "1 … 2 of these, between commas: x1, x2"
    assert f"gains:of both inputs (array of word; {accepted}; default x1,x2; perm 0644)" in lines
    gains = next(one for one in modinfo.as_dict(of_class(Amplifier))["parameters"] if one["name"] == "gains")
    assert (gains["choices"], gains["accepts"]) == (["x1", "x2"], accepted)


def test_info_shows_the_shortest_interval_of_a_slow_chip() -> None:
    slow, quick = load_module("scd41"), load_module("sht40")  # SCD4x, version 1.3, §3.5.1: 5 s
    assert [line for line in modinfo.lines(slow) if line.startswith("interval")] == ["interval:       5 s or more"]
    assert not any(line.startswith("interval") for line in modinfo.lines(quick))
    assert (modinfo.as_dict(slow)["fastest"], modinfo.as_dict(quick)["fastest"]) == (5.0, None)


@pytest.mark.parametrize("text", [b"x4", b"x1,x3", b"x1,x1,x1"])
def test_a_write_of_another_word_shows_the_words(text: bytes) -> None:
    params = Parameters("amplifier", Amplifier.params)
    params.load(b"gains=x2,x1")
    with pytest.raises(Invalid, match="is not a value of gains; accepted: 1 … 2 of these, between commas: x1, x2"):
        params.write("gains", text)
    assert params.show("gains") == b"x2,x1\n"


def test_a_configuration_takes_the_words_as_a_list_and_shows_them_for_another_one(tmp_path: Path) -> None:
    file = tmp_path / "i2cdrv.yaml"
    file.write_text("devices: [{module: amplifier, addr: 0x48, params: {gains: [x2, x1]}}]")
    (device,) = load(file).service.devices
    assert own_params(device, Amplifier.params) == {"gains": b"x2,x1"}
    file.write_text("devices:\n- {module: amplifier, addr: 0x48, params: {gains: [x2, x5]}}")
    (device,) = load(file).service.devices
    with pytest.raises(Invalid, match=r"i2cdrv.yaml:2:51: devices\[0\].params.gains: 'x5' is .*; accepted: x1, x2"):
        own_params(device, Amplifier.params)
