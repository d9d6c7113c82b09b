"""Modules of the daemon: loaded with what the configuration says, and with what was set at run time since."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..config import modprobe
from ..core import module as modules
from ..driver.moduleparam import Argument, join, parse_args
from ..errors import Error, Unknown, nearest
from ..ipc.varlink import raw, text
from ..lib.log.logger import log
from .statefile import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.config import Config
    from ..core.loaded import LoadedModule
    from ..core.model import DriverCore
    from ..driver.moduleparam import Param
    from .statefile import State, StateFile


class Found(NamedTuple):
    """A module that is loaded.  ``module``: with the chip that was asked for; ``fresh``: it was not loaded before."""

    loaded: LoadedModule
    module: modules.Module
    fresh: bool


class ModuleManager:
    """Those registered in the driver model."""

    def __init__(self, core: DriverCore, file: StateFile, config: Config) -> None:
        self._core, self._file, self.config = core, file, config

    def load(self, name: str, words: Sequence[str] = (), *, ignore_unknown: bool = False) -> Found:
        """The module of a name, loaded if it is not.  Errors: those of modprobe.load; EEXIST for words to one that is.

        ``words`` are kept by who asked for them (``keep_words``).
        """
        module = modprobe.find(name, self.config, named=False)
        if module.name in self._core.drivers:
            loaded = self._core.drivers[module.name]
            if words:
                raise loaded.params.already_loaded(join(words))
            return Found(loaded, module, fresh=False)
        loaded = self._load(module, words, ignore_unknown)
        self._core.add_driver(loaded)
        return Found(loaded, module, fresh=True)

    def _load(self, module: modules.Module, words: Sequence[str], ignore_unknown: bool) -> LoadedModule:
        load = partial(
            modprobe.load_module, module, words, self.config, ignore_unknown=ignore_unknown, store=self._keep
        )
        kept = self._kept(module)
        try:
            return load(kept=kept)
        except Error as error:
            if not kept or words:
                raise
            log("error", "values set at run time discarded", module=module.name, error=error.message)
            return load()

    def _kept(self, module: modules.Module) -> list[Argument]:
        """Return the values set at run time, except those that the configuration has changed since."""
        name = module.name
        kept = self._file.state.parameters.get(name, {})
        if not kept:
            return []
        said = self._said(modprobe.load_module(module, (), self.config))
        late = [key for key, one in kept.items() if said.get(key) != one.over]
        for key in late:
            log("info", "configured value replaces run-time value", module=name, parameter=key)
        self._file.change_softly(lambda state: [state.parameters[name].pop(key) for key in late])
        return [Argument(key.encode(), raw(one.value)) for key, one in kept.items() if key not in late]

    def _said(self, loaded: LoadedModule) -> dict[str, str | None]:
        """What the configuration says of its parameters."""
        return {_name(option): _text(option) for option in modprobe.options(loaded, self.config)}

    def _keep(self, loaded: LoadedModule, param: Param, value: Any) -> None:
        """A parameter was written; it is kept with what the configuration says of it now."""
        over, value_text = self._said(loaded).get(param.name), text(param.get(value))
        self._file.change(partial(_set, loaded.module.name, param.name, Kept(value_text, over)))

    def keep_words(self, loaded: LoadedModule, words: Sequence[str], state: State) -> None:
        """The words that it was loaded with count as set at run time."""
        said = self._said(loaded)
        for argument in parse_args(join(words))[0]:
            name = _name(argument).replace("-", "_")
            if name in loaded.params.params:
                value = loaded.params.value(loaded.params.params[name])
                kept = Kept(text(loaded.params.params[name].get(value)), said.get(name))
                _set(loaded.module.name, name, kept, state)

    def unload(self, name: str) -> None:
        """Unregister the driver, and forget what was set at run time.  Raises Unknown."""
        loaded = self._core.drivers.get(name)
        if loaded is None:
            raise self.unknown(name)
        self._core.remove_driver(name)
        loaded.refcount.dec_and_test()  # who has it open still keeps it
        modules.forget(loaded.module)
        self._file.change(lambda state: state.parameters.pop(name, None))

    def unknown(self, name: str) -> Unknown:
        """The error for a module that is not loaded."""
        there = ", ".join(self._core.drivers) or "none"
        return Unknown(f"no module {name} is loaded{nearest(name, self._core.drivers)}; loaded: {there}")

    def reconfigure(self, config: Config) -> None:
        """Set what another configuration says otherwise; what it says no longer gets its default."""
        old = {loaded: self._said(loaded) for loaded in self._core.drivers.values()}
        self.config = config
        for loaded, before in old.items():
            after = self._said(loaded)
            for name in sorted(before.keys() | after.keys()):
                if before.get(name) != after.get(name):
                    self._set(loaded, name, after.get(name))

    def _set(self, loaded: LoadedModule, name: str, said: str | None) -> None:
        module, param = loaded.module.name, loaded.params.params[name]
        value = param.get(param.default) if said is None else raw(said)
        try:
            loaded.params.write(name, value)
        except Error as error:
            what = f"{module}: {name} keeps its value until the module is loaded anew"
            log("warning", what, error=error.message, next=f"i2cdrv unload {module}, i2cdrv load {module}")
        else:
            log("info", f"{module}: {name}={text(value)}", because="the configuration has changed")
        self._file.change_softly(lambda state: state.parameters.get(module, {}).pop(name, None))


def _set(module: str, name: str, kept: Kept, state: State) -> None:
    state.parameters.setdefault(module, {})[name] = kept


def _name(argument: Argument) -> str:
    return argument.name.decode()


def _text(argument: Argument) -> str | None:
    return None if argument.value is None else text(argument.value)
