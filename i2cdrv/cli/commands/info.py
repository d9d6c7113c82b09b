"""``i2cdrv info``: a module's chips, channels and parameters."""

from __future__ import annotations

from typing import NamedTuple

from ...core import modinfo, module
from ..output import print_json, print_lines


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv info``."""

    module: str
    json: bool = False


def run(options: Options) -> int:
    """Print the declarations of a module."""
    found = module.load(options.module)
    if options.json:
        print_json(modinfo.as_dict(found))
    else:
        print_lines(*modinfo.lines(found))
    return 0
