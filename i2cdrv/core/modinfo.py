"""The description of a module, in the layout of kmod's modinfo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..driver.moduleparam import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..driver.moduleparam import Param
    from .module import Module

COLUMN = 16
FOREIGN = "i2cdrv verifies none of the values: no checksum, no second read, no check of the settings"


def lines(module: Module) -> Iterator[str]:
    """Yield ``filename:       /…/bme280.py`` and so on, in modinfo's order, then the channels."""
    fields = [("filename", str(module.path)), *(("alias", f"i2c:{name}") for name in module.names)]
    fields += [("description", module.description), ("version", module.version), ("name", module.name)]
    fields += [("foreign", FOREIGN)] if module.driver.foreign else []
    fields += [("interval", f"{fastest:g} s or more")] if (fastest := module.driver.fastest) else []
    fields += [("parm", _parm(param)) for param in module.driver.params.values()]
    fields += [("channel", f"{channel.name} ({channel.meaning})") for channel in module.driver.channels]
    return (f"{key + ':':<{COLUMN}}{value}" for key, value in fields)


def _parm(param: Param) -> str:
    """Format ``name:text (type)`` as modinfo does, with further facts in the same brackets."""
    accepts = param.accepts if param.choices or words_of(param.type) else param.bounds
    inside = [param.type.name + (f" in {param.unit}" if param.unit else ""), accepts, f"default {_default(param)}"]
    inside += [f"perm {param.perm:04o}", *(["unsafe"] if param.unsafe else []), *(["once"] if param.once else [])]
    return f"{param.name}:{param.description} ({'; '.join(filter(None, inside))})"


def choices(param: Param) -> list[str] | None:
    """Return the accepted words of a parameter, or of each element of an array; None for a number or a text."""
    return list(words_of(param.type)) or (param.accepts.split(", ") if param.choices else None)


def _default(param: Param) -> str:
    return param.type.get(param.default).decode("utf-8", "backslashreplace") or '""'


def as_dict(module: Module) -> dict[str, Any]:
    """Return the description for programs."""
    return {
        **summary(module),
        "version": module.version,
        "filename": str(module.path),
        "fastest": module.driver.fastest or None,
        "channels": [{"name": channel.name, "unit": channel.unit.symbol} for channel in module.driver.channels],
        "parameters": [_param_dict(param) for param in module.driver.params.values()],
    }


def _param_dict(param: Param) -> dict[str, Any]:
    text = param.type.get(param.default).decode("utf-8", "backslashreplace")
    return {"name": param.name, "type": param.type.name, "description": param.description, "default": text,
            "accepts": param.accepts, "choices": choices(param), "minimum": param.minimum, "maximum": param.maximum,
            "unit": param.unit or None, "perm": f"{param.perm:04o}"}  # fmt: skip


def summary(module: Module) -> dict[str, Any]:
    """Return the name, the chips and the purpose of a module."""
    foreign = {"foreign": module.driver.foreign} if module.driver.foreign else {}
    return {"name": module.name, "chips": list(module.names), "description": module.description, **foreign}
