"""The types of ``i2cdrv.open("bme280")`` are those of the drivers."""

from __future__ import annotations

import typing
from typing import Any

import pytest

import i2cdrv
from config import samples as generator
from i2cdrv.core import samples, session
from i2cdrv.core.module import load_all

CHIPS = [chip for module in load_all() for chip in module.chips]


def test_both_files_are_up_to_date() -> None:
    """``python config/samples.py`` writes them."""
    found = list(generator.kinds())
    assert generator.SAMPLES.read_text() == generator.samples(found)
    text = generator.SESSION.read_text()
    assert text == generator.session(text, found)


@pytest.mark.parametrize("chip", CHIPS)
def test_the_typed_sample_has_the_fields_of_the_drivers(chip: str) -> None:
    """The generator samples a chip; this goes by the driver's annotation."""
    driver = next(module.driver for module in load_all() if chip in module.chips)
    annotated: list[Any] = list(driver.sample_types)
    assert typed(chip)._fields in [sample._fields for sample in annotated]


class Of:
    """Stands for Device in the overloads: ``Of[X]`` is X."""

    def __class_getitem__(cls, item: Any) -> Any:
        return item


def typed(chip: str) -> Any:
    """The sample class in the overload of ``open`` that names the chip."""
    for each in typing.get_overloads(session.open):
        hints = typing.get_type_hints(each, {**vars(session), "samples": samples, "Device": Of, "Adapter": object})
        if chip in typing.get_args(hints["driver"]):
            return hints["return"]
    raise AssertionError(f"no overload names {chip}")


def test_help_shows_the_implementation() -> None:
    assert "Bind a chip" in (i2cdrv.open.__doc__ or "")
