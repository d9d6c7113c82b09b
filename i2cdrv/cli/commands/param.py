"""``i2cdrv param``: the parameters of a loaded module."""

from __future__ import annotations

import os
from typing import NamedTuple

from ...errors import Unknown, nearest
from ...ipc import peers
from ..console import search_dir
from ..output import print_json, print_lines


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv param``."""

    module: str
    assignment: str | None = None
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print all parameters or one, or set one."""
    found = peers.find_module(search_dir(options.run_dir), options.module)
    name, equals, value = (options.assignment or "").partition("=")
    name = name.replace("-", "_")
    if equals:
        found.store(name, os.fsencode(value))
    else:
        _print(found, name, json=options.json)
    return 0


def _print(found: peers.RemoteModule, name: str, *, json: bool) -> None:
    shown = {key: text.decode("utf-8", "backslashreplace") for key, text in found.show().items()}
    if name and name not in shown:
        raise Unknown(f"{found.module} has no parameter {name!r} to read{nearest(name, shown)}; "
                      f"it has: {', '.join(shown)}")  # fmt: skip
    if json:
        print_json(shown[name] if name else shown)
    else:
        print_lines(*([shown[name]] if name else [f"{key}={value}" for key, value in shown.items()]))
