"""The parameters of one module, set by its load and by its files under /sys/module (kernel/params.c)."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from ...atomic import Acquire, Atomic, Release, SetOnce
from ...errors import Error, Invalid
from .cmdline import Argument, parse_args
from .compound import Array
from .files import ERR, WARNING, ParameterFiles, Printk, find
from .origin import Origin
from .param import Param

# every module takes these (unknown_module_param_cb); bus threads probe in any case
ASYNC_PROBE = b"async_probe"
DYNDBG = rb"([^.]*\.)?dyndbg"
NO_DYNDBG = b"dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds"  # include/linux/dynamic_debug.h

Changing = Callable[[Param, Any], object]
Value = tuple[Any, Origin]


class Slot:
    """The value of one parameter, empty until it is set; a reader on another thread gets the old or the new value."""

    def __init__(self) -> None:
        self._value: Atomic[Value | None] = Atomic(None)

    def get(self) -> Value | None:
        return self._value.load(Acquire)

    def set(self, value: Any, origin: Origin) -> None:
        self._value.store((value, origin), Release)


class OnceSlot:
    """A slot that is set only once, for parameters of Rust drivers; setting it again changes nothing."""

    def __init__(self) -> None:
        self._value: SetOnce[Value] = SetOnce()

    def get(self) -> Value | None:
        return self._value.as_ref()

    def set(self, value: Any, origin: Origin) -> None:
        self._value.populate((value, origin))


class Parameters(ParameterFiles):
    """The values of a module's parameters, from its load.

    ``changing``: called with each new value; if it raises, the old value stays.
    ``ignore_unknown``: an unknown parameter is no error, as in the kernel, but a warning.
    """

    at_run_time: ClassVar = Origin.MODULE

    def __init__(
        self,
        name: str,
        params: Mapping[str, Param],
        printk: Printk = lambda *_: None,
        changing: Changing = lambda *_: None,
        *,
        ignore_unknown: bool = False,
    ) -> None:
        super().__init__(name, params, printk, threading.Lock())
        self.changing = changing
        self.ignore_unknown = ignore_unknown
        self._slots = self._empty()
        self.loaded = False
        self.tainted = False

    def load(self, args: bytes, options: Sequence[Argument] = (), kept: Sequence[Argument] = ()) -> dict[str, Any]:
        """Set the parameters of an argument line, all or none; return the values by variable.

        ``options``: of the configuration; ``kept``: set at run time before.  A parameter that several of them name is
        set by the highest origin.
        Raises the last of the errors; each has its line in the log.  EEXIST for a module that is loaded already.
        """
        arguments, rest = parse_args(args)
        if self.loaded and arguments:
            raise self.already_loaded(args)
        ordered = _in_order({Origin.OPTIONS: options, Origin.MODULE: kept, Origin.LOAD: arguments})
        errors = [error for origin, argument in ordered if (error := self._parse_one(argument, origin))]
        if errors:
            self._slots = self._empty()
            raise errors[-1]
        if rest is not None:  # load_module() comes to it only if parse_args() found no error
            self.printk(WARNING, b"%b: parameters '%b' after `--' ignored" % (self.name.encode(), rest))
        self.loaded = True
        return self.values

    def configure(self, name: str, text: bytes | None) -> None:
        """Take a changed option of the configuration, or the default for None.  Errors: those of write."""
        param = self._file(name, 0o222, "written")
        if text is None:
            self._set(param, param.get(param.default), Origin.DEFAULT)
        else:
            self._set(param, text, Origin.OPTIONS)

    def parse(self, args: bytes, *, ignore_unknown: bool = False) -> dict[str, bytes]:
        """Return the texts of an argument line by parameter, and set none.  Errors and log: as of ``load``."""
        params = {name: param._replace(unsafe=False) for name, param in self.params.items()}  # no value is set yet
        trial = Parameters(self.name, params, self.printk, ignore_unknown=ignore_unknown)
        for param in self.params.values():
            if not param.once:
                trial._slots[param.variable].set(self.value(param), Origin.DEFAULT)
        trial.load(args)
        given = {_plain(argument.name) for argument in parse_args(args)[0]}
        return {name: param.get(trial.value(param)) for name, param in self.params.items() if name in given}

    @property
    def values(self) -> dict[str, Any]:
        """The values that have been set, by variable."""
        return {variable: value[0] for variable, slot in self._slots.items() if (value := slot.get()) is not None}

    def redeclare(self, params: Mapping[str, Param]) -> list[str]:
        """Take the declarations of a reloaded module; return the names of values that are lost.

        The values stay, if the new declaration takes its text.
        """
        with self.param_lock:
            old = {param.name: (param, self._slots[param.variable].get()) for param in self.params.values()}
            self.params = params
            self._slots = self._empty()
            kept = {name: (param, *value) for name, (param, value) in old.items() if value is not None}
            return [name for name, found in kept.items() if not self._carry_over(*found)]

    def _carry_over(self, old: Param, value: Any, origin: Origin) -> bool:
        new = self.params.get(old.name)
        if new is None:
            return False
        try:  # by its text: the enums of a module that was read again are others
            self._slots[new.variable].set(value if value in ((), None) else new.set(old.get(value)), origin)
        except (Error, TypeError, AttributeError):
            return False
        return True

    def _empty(self) -> dict[str, Slot | OnceSlot]:
        return {param.variable: OnceSlot() if param.once else Slot() for param in self.params.values()}

    def already_loaded(self, args: bytes) -> Error:
        """Return the error EEXIST; the kernel drops the arguments silently."""
        first = args.partition(b" ")[0].decode("utf-8", "backslashreplace")
        how = f"i2cdrv param {self.name} {first}; of one device: i2cdrv load --addr 0xNN, or i2cdrv param DEVICE"
        return Error(f"{self.name} is loaded already; its parameters are set one by one: {how}", errno.EEXIST)

    def assign(self, values: Mapping[str, Any]) -> None:
        """Set Python values, or text, by the parameters' names, all or none.  Errors: Unknown, Invalid."""
        found = {name: find(name, self.params) for name in values}
        coerced = {found[name].variable: found[name].coerce(value) for name, value in values.items()}
        self._slots = self._empty()
        for variable, value in coerced.items():
            self._slots[variable].set(value, Origin.LOAD)
        self.loaded = True

    def _parse_one(self, argument: Argument, origin: Origin) -> Error | None:
        name, value = argument
        param = self.params.get(_plain(name))
        try:
            if param is not None:
                self._set(param, value, origin)
            elif re.fullmatch(DYNDBG, name):
                self.printk(WARNING, NO_DYNDBG)
            elif name != ASYNC_PROBE:
                self._unknown(name)
        except Error as error:
            self._refused(name, value, error, is_array=param is not None and isinstance(param.type, Array))
            return error if (error.errno or 0) > 0 else Invalid(error.message)  # a callback's positive answer
        return None

    def _unknown(self, name: bytes) -> None:
        if not self.ignore_unknown:
            find(os.fsdecode(name), self.params)
        shown = name.partition(b".")[0]  # the kernel cuts it there to look for dyndbg
        self.printk(WARNING, b"%b: unknown parameter '%b' ignored" % (self.name.encode(), shown))

    def _refused(self, name: bytes, value: bytes | None, error: Error, *, is_array: bool) -> None:
        """Log the line that parse_args writes; the errno selects it."""
        shown = value or b""
        if is_array:
            shown = shown.partition(b",")[0]  # the kernel has put a NUL there
        text = {
            errno.ENOENT: b"Unknown parameter `%b'" % name,
            errno.ENOSPC: b"`%b' too large for parameter `%b'" % (shown, name),
        }.get(error.errno or 0, b"`%b' invalid for parameter `%b'" % (shown, name))
        self.printk(ERR, b"%b: %b" % (self.name.encode(), text))

    def _assign(self, param: Param, value: Any, origin: Origin) -> None:
        self.changing(param, value)
        self._slots[param.variable].set(value, origin)

    def _taint(self) -> None:
        self.tainted = True

    def value(self, param: Param) -> Any:
        found = self._slots[param.variable].get()
        return param.default if found is None else found[0]

    def origin(self, param: Param) -> Origin:
        found = self._slots[param.variable].get()
        return Origin.DEFAULT if found is None else found[1]


def _in_order(groups: Mapping[Origin, Iterable[Argument]]) -> list[tuple[Origin, Argument]]:
    """Return the arguments in the order of precedence; each parameter only with its highest origin."""
    found = [(origin, argument) for origin in sorted(groups) for argument in groups[origin]]
    highest = {_plain(argument.name): origin for origin, argument in found}
    return [(origin, argument) for origin, argument in found if highest[_plain(argument.name)] is origin]


def _plain(name: bytes) -> str:
    return os.fsdecode(name).replace("-", "_")
