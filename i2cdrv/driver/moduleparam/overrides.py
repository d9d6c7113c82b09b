"""The parameters of one device: values of its own, and those of its module for all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple

from ...atomic import Acquire, Atomic, Release
from ...errors import Error, Unknown
from .files import ParameterFiles, find
from .origin import Origin
from .param import Param
from .parameters import Parameters, Value

Texts = Mapping[str, bytes]


class Own(NamedTuple):
    """The texts of a device's own values, by parameter.  ``configured``: of ``params:``; ``runtime``: set later."""

    configured: Texts = {}
    runtime: Texts = {}

    def layers(self) -> list[tuple[Origin, Texts]]:
        """Return the texts with their origins, in the order of precedence."""
        return sorted({Origin.PARAMS: self.configured, Origin.DEVICE: self.runtime}.items())

    def of(self, name: str) -> Own:
        """Return the texts of one parameter."""
        return Own(*({name: texts[name]} if name in texts else {} for texts in self))

    def replaced(self, name: str, part: Own) -> Own:
        """Return these texts with others for one parameter."""
        rest = ({key: text for key, text in texts.items() if key != name} for texts in self)
        return Own(*({**texts, **further} for texts, further in zip(rest, part, strict=True)))


class Overrides:
    """The own values of a device, for as long as it is declared, present or not.  They are replaced as a whole.

    ``key``: the name of the device in a file that keeps them.
    """

    def __init__(self, own: Own = Own()) -> None:  # noqa: B008  # immutable
        self._own = Atomic(own)
        self.key = ""

    @property
    def own(self) -> Own:
        return self._own.load(Acquire)

    @own.setter
    def own(self, own: Own) -> None:
        self._own.store(own, Release)


Change = Callable[["DeviceParameters", Param, Any, Own], object]


class DeviceParameters(ParameterFiles):
    """The parameters of a device with a driver.

    ``change``: called with a new value, and with all texts of that parameter; if it raises, the old value stays.
    ``rejected``: the errors of own values that the declarations do not accept; the device does not have these values.
    """

    at_run_time: ClassVar = Origin.DEVICE

    def __init__(self, name: str, module: Parameters, overrides: Overrides, change: Change) -> None:
        """``name``: the device's.  The lock of the module's parameters is held."""
        super().__init__(name, module.params, module.printk, module.param_lock)
        self.overrides = overrides
        self.rejected: dict[str, Error] = {}
        self._module, self._change = module, change
        self._own = Atomic(self._accepted(overrides.own))

    def _accepted(self, own: Own) -> Mapping[str, Value]:
        found: dict[str, Value] = {}
        for origin, texts in own.layers():
            for name, text in texts.items():
                try:
                    param = find(name, self.params)
                    self._check_unsafe(param)
                    found[name] = param.set(text, self._module.value(param)), origin
                except Error as error:
                    self.rejected[name] = error
        return found

    @property
    def values(self) -> dict[str, Any]:
        """The values that have been set, by variable."""
        own = {self.params[name].variable: value for name, (value, _) in self._own.load(Acquire).items()}
        return {**self._module.values, **own}

    def is_own(self, name: str) -> bool:
        """Return whether the device has a value of its own, which a change of the module's value leaves alone."""
        return name in self._own.load(Acquire)

    def _found(self, param: Param) -> Value:
        module: Value = self._module.value(param), self._module.origin(param)
        return max(module, self._own.load(Acquire).get(param.name, module), key=itemgetter(1))

    def value(self, param: Param) -> Any:
        return self._found(param)[0]

    def origin(self, param: Param) -> Origin:
        return self._found(param)[1]

    def _taint(self) -> None:
        self._module.tainted = True

    def _assign(self, param: Param, value: Any, origin: Origin) -> None:
        configured = self.overrides.own.of(param.name).configured
        self._become(param, Own(configured, {param.name: param.get(value)}), (value, origin))

    def _become(self, param: Param, part: Own, found: Value) -> None:
        """Take other own values of a parameter, in the chip first; if that fails, nothing has changed."""
        self._change(self, param, found[0], part)
        self.overrides.own = self.overrides.own.replaced(param.name, part)
        own = {name: value for name, value in self._own.load(Acquire).items() if name != param.name}
        self._own.store({**own, param.name: found} if any(part) else own, Release)

    def unset(self, name: str) -> None:
        """Remove the value set at run time; the device gets that of the next origin, in the chip too.

        Errors: those of write; Unknown (ENOENT) if there is no such value.
        """
        param = self._file(name, 0o222, "written")
        with self.param_lock:
            own = self.overrides.own.of(name)
            if not own.runtime:
                raise Unknown(f"no {name} was set for {self.name} at run time; its value comes from: "
                              f"{self.origin(param).text}")  # fmt: skip
            self._fall_back(param, own._replace(runtime={}))
        self.written(name)

    def configure(self, name: str, text: bytes | None) -> None:
        """Take a changed value of ``params:``, None for none; a value set at run time before is removed.

        Errors: those of write.
        """
        param = self._file(name, 0o222, "written")
        with self.param_lock:
            self._fall_back(param, Own({} if text is None else {name: text}))
        self.written(name)

    def _fall_back(self, param: Param, part: Own) -> None:
        self._check_once(param)
        if part.configured:
            found: Value = param.set(part.configured[param.name], self.value(param)), Origin.PARAMS
        else:
            found = self._module.value(param), self._module.origin(param)
        self._become(param, part, (param.check(found[0], self.value(param)), found[1]))
