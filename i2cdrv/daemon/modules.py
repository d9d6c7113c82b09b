"""The daemon's modules, loaded with the parameters of the configuration and those set at run time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..config import modprobe
from ..core import module as modules
from ..driver.moduleparam import Argument, join, parse_args
from ..errors import Busy, Error, Unknown, nearest
from ..ipc.varlink import raw, text
from ..lib.log.logger import log
from .overrides import set_own
from .requests import LoadRequest, LoadResult
from .statefile import Override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config.config import Config
    from ..core.loaded import LoadedModule
    from ..core.model import DriverCore
    from ..driver.moduleparam import Overrides, Own, Param
    from .statefile import State, StateFile


class ModuleManager:
    """The modules registered in the driver model."""

    def __init__(self, core: DriverCore, file: StateFile, config: Config) -> None:
        self._core, self._file, self.config = core, file, config

    def load(self, name: str) -> LoadResult:
        """Load the module of a name unless it is loaded.  Errors: those of modprobe.load."""
        found = self._prepare(name)
        self.register(found)
        return found

    def request(self, name: str, words: Sequence[str], *, ignore_unknown: bool, own: bool) -> LoadRequest:
        """Return a module that is not registered yet, for ``register``, with parameters.

        ``own``: the parameters are those of one device.
        Errors: those of modprobe.load; EEXIST for words to a loaded module.
        """
        found = self._prepare(name, () if own else words, ignore_unknown=ignore_unknown)
        if not own:
            return LoadRequest(name, found, words, {})
        texts = found.loaded.params.parse(join(words), ignore_unknown=ignore_unknown)
        return LoadRequest(name, found, (), texts)

    def _prepare(self, name: str, words: Sequence[str] = (), *, ignore_unknown: bool = False) -> LoadResult:
        module = modprobe.find(name, self.config, named=False)
        if module.name in self._core.drivers:
            loaded = self._core.drivers[module.name]
            if words:
                raise loaded.params.already_loaded(join(words))
            return LoadResult(loaded, module, is_new=False)
        return LoadResult(self._load(module, words, ignore_unknown), module, is_new=True)

    def register(self, found: LoadResult) -> None:
        """Register the driver of a new module, and bind it to the chips that wait for it."""
        if found.is_new:
            self._core.add_driver(found.loaded)

    def _load(self, module: modules.Module, words: Sequence[str], ignore_unknown: bool) -> LoadedModule:
        load = partial(modprobe.load_module, module, words, self.config, ignore_unknown=ignore_unknown, store=self)
        given = {_name(argument).replace("-", "_") for argument in parse_args(join(words))[0]}
        kept = [one for one in self._kept(module) if _name(one) not in given]  # a load begins a new run
        try:
            return load(kept=kept)
        except Error as error:
            if not kept or words:
                raise
            log("error", "values set at run time discarded", module=module.name, error=error.message)
            return load()

    def _kept(self, module: modules.Module) -> list[Argument]:
        """Return the values set at run time, unless the configuration has changed since."""
        name = module.name
        kept = self._file.state.parameters.get(name, {})
        if not kept:
            return []
        configured = self._configured(modprobe.load_module(module, (), self.config))
        late = [key for key, one in kept.items() if configured.get(key) != one.configured_value]
        for key in late:
            log("info", "configured value replaces run-time value", module=name, parameter=key)
        self._file.try_change(lambda state: [state.parameters[name].pop(key) for key in late])
        return [Argument(key.encode(), raw(one.value)) for key, one in kept.items() if key not in late]

    def _configured(self, loaded: LoadedModule) -> dict[str, str | None]:
        """Return the parameters that the configuration sets."""
        return {_name(option): _text(option) for option in modprobe.options(loaded, self.config)}

    def keep(self, loaded: LoadedModule, param: Param, value: Any) -> None:
        """Keep a written parameter, with the present value of the configuration."""
        configured, value_text = self._configured(loaded).get(param.name), text(param.get(value))
        self._file.change(partial(_set, loaded.module.name, param.name, Override(value_text, configured)))

    def keep_own(self, device: Overrides, name: str, own: Own) -> None:
        """Keep the own value of a device."""
        self._file.change(partial(set_own, device=device.key, name=name, own=own))

    def keep_words(self, request: LoadRequest, state: State) -> None:
        """Keep the module's parameters of a load as if they were set at run time."""
        loaded = request.found.loaded
        configured = self._configured(loaded)
        for argument in parse_args(join(request.words))[0]:
            name = _name(argument).replace("-", "_")
            if name in loaded.params.params:
                value = loaded.params.value(loaded.params.params[name])
                kept = Override(text(loaded.params.params[name].get(value)), configured.get(name))
                _set(loaded.module.name, name, kept, state)

    def unload(self, name: str) -> None:
        """Unregister the driver, and forget its parameters set at run time.  Raises Unknown."""
        loaded = self._core.drivers.get(name)
        if loaded is None:
            raise self.unknown(name)
        self._core.remove_driver(name)
        loaded.refcount.dec_and_test()  # an open file still keeps it
        modules.forget(loaded.module)
        self._file.change(lambda state: state.parameters.pop(name, None))

    def unknown(self, name: str) -> Unknown:
        """Return the error for a module that is not loaded."""
        loaded = ", ".join(self._core.drivers) or "none"
        return Unknown(f"no module {name} is loaded{nearest(name, self._core.drivers)}; loaded: {loaded}")

    def check_libraries(self, config: Config) -> None:
        """Raise Busy for a library that is loaded and has another declaration in that configuration."""
        for name in self._core.drivers.keys() & self.config.libraries.keys():
            if self.config.libraries[name].library != getattr(config.libraries.get(name), "library", None):
                raise Busy(
                    f"libraries: {name} has changed while it is loaded, so nothing of the configuration is applied: "
                    "restart the service (systemctl restart i2cdrv)"
                )

    def reconfigure(self, config: Config) -> None:
        """Apply the differences of another configuration; a parameter that it no longer sets gets its default."""
        old = {loaded: self._configured(loaded) for loaded in self._core.drivers.values()}
        self.config = config
        for loaded, before in old.items():
            after = self._configured(loaded)
            for name in sorted(before.keys() | after.keys()):
                if before.get(name) != after.get(name):
                    self._set(loaded, name, after.get(name))

    def _set(self, loaded: LoadedModule, name: str, configured: str | None) -> None:
        module = loaded.module.name
        try:
            loaded.params.configure(name, None if configured is None else raw(configured))
        except Error as error:
            effect = "it keeps its value until the module is loaded again"
            fix = f"i2cdrv unload {module}, i2cdrv load {module}"
            log(
                "warning",
                "parameter not changed",
                module=module,
                parameter=name,
                error=error.message,
                effect=effect,
                fix=fix,
            )
        else:
            default = loaded.params.params[name].default
            shown = text(loaded.params.params[name].get(default)) if configured is None else configured
            log("info", f"{module}: {name}={shown}", because="configuration changed")
        self._file.try_change(lambda state: state.parameters.get(module, {}).pop(name, None))


def _set(module: str, name: str, kept: Override, state: State) -> None:
    state.parameters.setdefault(module, {})[name] = kept


def _name(argument: Argument) -> str:
    return argument.name.decode("utf-8", "surrogateescape")


def _text(argument: Argument) -> str | None:
    return None if argument.value is None else text(argument.value)
