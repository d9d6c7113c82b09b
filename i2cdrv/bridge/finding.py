"""The class of a library, found by the name that a user gives."""

from __future__ import annotations

import pkgutil
from inspect import Parameter, isclass, signature
from typing import TYPE_CHECKING, Any

from ..errors import Invalid, Unknown, choice
from .guide import GUIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from .library import Library

    Load = Callable[[str, str], ModuleType]

BUSES = {"i2c", "i2c_bus", "i2c_dev", "i2c_device", "bus", "smbus", "bus_device"}  # names of a parameter
ADDRESSES = {"address", "addr", "i2c_addr", "i2c_address", "device_address"}
INSTALL = {
    "adafruit": "pip install adafruit-circuitpython-{}",
    "smbus": "pip install PACKAGE, the package on PyPI that has {}",
}


def found(library: Library, load: Load) -> tuple[ModuleType, Any]:
    """Return the module of a library, and its class, or the module again if ``target`` names no class.

    ``load``: of ``Modules``.  Errors: those of it; Invalid for a module with several classes; Unknown for a class that
    is not there.
    """
    prefix = "adafruit_" if library.scheme == "adafruit" else ""
    name, _, cls = library.target.rpartition(".")
    if not cls[:1].isupper():
        name, cls = library.target, ""
    module = load(f"{prefix}{name}", INSTALL[library.scheme].format(name.partition(".")[0].replace("_", "-")))
    if library.scheme == "smbus" and not cls:
        return module, module
    module, candidates = _candidates(module, load)
    if cls:
        if not hasattr(module, cls):
            raise Unknown(f"{module.__name__} has no class {cls}{choice(cls, candidates, 'there are')}")
        return module, getattr(module, cls)
    return module, _the_class(module, candidates, library)


def _candidates(module: ModuleType, load: Load) -> tuple[ModuleType, dict[str, Any]]:
    """Return the classes of a module; of a package without any, those of one of its modules."""
    classes = _classes(module)
    if not classes and hasattr(module, "__path__"):
        names = [each.name for each in pkgutil.iter_modules(module.__path__)]
        for name in sorted(names, key=lambda name: (name != "basic", name)):
            inner = load(f"{module.__name__}.{name}", "")
            if classes := _classes(inner):
                return inner, classes
    return module, classes


def _classes(module: ModuleType) -> dict[str, Any]:
    """Return the public classes of a module that are made of a bus."""
    named = {name: cls for name, cls in vars(module).items() if isclass(cls) and not name.startswith("_")}
    own = {name: cls for name, cls in named.items() if cls.__module__ == module.__name__ and _takes_bus(cls)}
    return {name: cls for name, cls in own.items() if not any(cls in other.__mro__[1:] for other in own.values())}


def _takes_bus(cls: Any) -> bool:
    return any(name in BUSES for name in parameters(cls))


def _the_class(module: ModuleType, candidates: Mapping[str, Any], library: Library) -> Any:
    measuring = {name: cls for name, cls in candidates.items() if any(hasattr(cls, each.path) for each in GUIDE)}
    fitting = measuring or candidates
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    if not fitting:
        raise Unknown(f"{module.__name__} has no class of a chip on an I2C bus")
    names = ", ".join(fitting)
    raise Invalid(
        f"{module.__name__} has several classes: {names}; name one, as in {library.name}.{next(iter(fitting))}"
    )


def default_address(made: Any) -> int | None:
    """Return the default address in the signature of a class; None without one."""
    for name, parameter in parameters(made).items():
        if name in ADDRESSES and type(parameter.default) is int:
            return parameter.default
    return None


def parameters(function: Any) -> Mapping[str, Parameter]:
    """Return the parameters of a class or a function."""
    try:
        return signature(function).parameters
    except (TypeError, ValueError):  # of C, or no function
        return {}
