"""``i2cdrv param``: the parameters of a loaded module, or of one device."""

from __future__ import annotations

import os
from typing import NamedTuple

from ...errors import Invalid, Unknown, nearest
from ...ipc import peers
from ..console import search_dir
from ..output import print_json, print_lines


class Options(NamedTuple):
    """The arguments and options of ``i2cdrv param``."""

    module: str
    assignment: str | None = None
    unset: bool = False
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print all parameters or one, set one, or remove the value that a device has of its own."""
    name, equals, value = (options.assignment or "").partition("=")
    name = name.replace("-", "_")
    if options.unset and (equals or not name):
        raise Invalid("--unset needs the NAME of a parameter, without a value")
    found = peers.find_parameters(search_dir(options.run_dir), options.module)
    if options.unset:
        _unset(found, name)
    elif equals:
        found.store(name, os.fsencode(value))
    elif isinstance(found, peers.RemoteModule):
        _print_module(found, name, json=options.json)
    else:
        _print_device(found, name, json=options.json)
    return 0


def _unset(found: peers.RemoteModule | peers.RemoteDevice, name: str) -> None:
    if isinstance(found, peers.RemoteModule):
        devices = ", ".join(found.devices) or "none"
        raise Invalid(f"{found.module} is a module: --unset removes a value of one of its devices: {devices}")
    found.unset(name)


def _print_module(found: peers.RemoteModule, name: str, *, json: bool) -> None:
    shown = {key: _text(value) for key, value in found.show().items()}
    if name:
        _print_one(found.module, shown, name, json=json)
    elif json:
        print_json(shown)
    else:
        print_lines(*(f"{key}={value}" for key, value in shown.items()))


def _print_device(found: peers.RemoteDevice, name: str, *, json: bool) -> None:
    """Print the values of a device, with their origins."""
    shown = [{**one, "value": _text(one["value"])} for one in found.show()]
    if name:
        _print_one(found.device, {one["name"]: one["value"] for one in shown}, name, json=json)
    elif json:
        print_json({one["name"]: {"value": one["value"], "origin": one["origin"]} for one in shown})
    else:
        lines = [f"{one['name']}={one['value']}" for one in shown]
        width = max(map(len, lines), default=0)
        print_lines(*(f"{line:<{width}}  {one['described']}" for line, one in zip(lines, shown, strict=True)))


def _print_one(owner: str, shown: dict[str, str], name: str, *, json: bool) -> None:
    if name not in shown:
        raise Unknown(f"{owner} has no parameter {name!r} to read{nearest(name, shown)}; it has: {', '.join(shown)}")
    if json:
        print_json(shown[name])
    else:
        print_lines(shown[name])


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
