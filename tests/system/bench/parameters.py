"""Processor time of a module's arguments: ten parameters of different types, from the shell's words to values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple

from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import of_class
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import hexint, join, param, uint
from i2cdrv.driver.unit import Celsius

from .rounds import Loop, timed
from .section import Section

Rate = IntEnum("Rate", "X1 X2 X4 X8 X16")


class Sample(NamedTuple):
    temp: Celsius


class Ten(Driver):
    """Ten parameters as drivers have them."""

    rate: Rate = param("a word", default=Rate.X1)
    other_rate: Rate = param("a word", default=Rate.X1)
    level: int = param("a whole number", default=0, minimum=-100, maximum=100)
    count: uint = param("a whole number", default=1)
    mask: hexint = param("bits", default=0)
    limits: tuple[int, int] = param("two numbers", default=(0, 1))
    ohms: float = param("a decimal number", default=0.1, minimum=1e-6)
    label: str = param("text", default="")
    active: bool = param("yes or no", default=False)

    async def sample(self) -> Sample:
        return Sample(0.0)


WORDS = ["rate=x16", "other-rate=x2", "level=-40", "count=1000", "mask=0xff00", "limits=20,80", "ohms=0.002",
         "label=upper shelf", "active", "debug=1"]  # fmt: skip


def ours() -> Loop:
    module = of_class(Ten)
    return timed(lambda: LoadedModule(module).params.load(join(WORDS)))


def with_argparse() -> Loop:
    """The same ten as options of the standard library's parser, made once."""
    parser = argparse.ArgumentParser()
    types: dict[str, Callable[[str], Any]] = {
        "level": int,
        "count": int,
        "mask": lambda text: int(text, 0),
        "ohms": float,
    }
    for word in WORDS:
        name = word.partition("=")[0].replace("_", "-")
        if name == "active":
            parser.add_argument("--active", action="store_true")
        else:
            choices = [f"x{2**n}" for n in range(5)] if "rate" in name else None
            parser.add_argument(f"--{name}", type=types.get(name, str), choices=choices)
    return timed(partial(parser.parse_args, [f"--{word}" for word in WORDS]))


SECTION = Section(
    "(e) The arguments of a module",
    "Ten parameters from the words of a command line to values, beside the standard library's argparse with a parser"
    " that is there already.",
    "argparse",
    {"ten parameters": lambda: nullcontext((with_argparse(), ours()))},
    loops=20,
)
