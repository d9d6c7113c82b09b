"""The loading of modules as modprobe does it: aliases, blacklist, options, soft dependencies of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core import module as modules
from ..core.loaded import LoadedModule
from ..core.openadapter import recorded_parameters
from ..driver.moduleparam import Argument, join
from ..errors import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..core.loaded import Store
    from .config import Config


REPLAY = "replay:"


def load(
    name: str,
    words: Iterable[str],
    config: Config | None,
    *,
    kept: Iterable[Argument] = (),
    ignore_unknown: bool = False,
    named: bool = True,
) -> LoadedModule:
    """Return a module with its parameters: ``words``, ``kept`` from an earlier run, and those of the configuration.

    The order of precedence is that of Origin.  Errors: those of find, Config and Parameters.load.
    """
    module = find(name, config, named=named)
    return load_module(module, words, config, kept=kept, ignore_unknown=ignore_unknown)


def load_module(
    module: modules.Module,
    words: Iterable[str],
    config: Config | None,
    *,
    kept: Iterable[Argument] = (),
    ignore_unknown: bool = False,
    store: Store | None = None,
) -> LoadedModule:
    """Do ``load`` for a module that was found.  ``store``: as of LoadedModule."""
    loaded = LoadedModule(module, ignore_unknown=ignore_unknown, store=store)
    loaded.params.load(join(words), options(loaded, config), list(kept))
    return loaded


def recorded_words(bus: str, name: str, given: Iterable[str], addr: int | None, config: Config | None) -> list[str]:
    """Return the parameters of a replayed record, without the given ones.  Errors: those of find."""
    if not bus.startswith(REPLAY):
        return []
    known = {word.partition("=")[0].replace("-", "_") for word in given}
    recorded = recorded_parameters(bus, find(name, config).chip, addr)
    return [f"{parameter}={value}" for parameter, value in recorded.items() if parameter not in known]


def options(loaded: LoadedModule, config: Config | None) -> list[Argument]:
    """Return the parameters that the configuration sets for a module.  Errors: those of Config."""
    if config is None:
        return []
    config.check_modules({*modules.available(), loaded.module.name})
    found = config.options(loaded.module.name, loaded.params.params)
    return [Argument(option.name.encode(), option.text) for option in found]


def find(name: str, config: Config | None, *, named: bool = True) -> modules.Module:
    """Return the module of a name.  ``named``: a user names it now.  Errors: those of module.load.

    As kmod, it resolves the configuration's aliases before it searches for a module; a blacklist hides a module's own.
    """
    if config is None:
        return modules.load(name, named=named)
    target, where = config.resolve(name)
    if target in config.libraries:
        return config.libraries[target].module()
    try:
        return modules.load(target, config.blacklist, named=named and where is None)
    except Unknown as error:
        raise error if where is None else Unknown(f"{where}: {error.message}") from None


def sequence(name: str, config: Config | None) -> Iterator[str]:
    """Return the module and its soft dependencies in the order of loading, each once."""
    return iter([name]) if config is None else _sequence(name, config, set())


def _sequence(name: str, config: Config, seen: set[str]) -> Iterator[str]:
    seen.add(name)
    pre, post = config.softdep(name)
    for names, own in ((pre, ()), ((), (name,)), (post, ())):
        yield from own
        for other in names:
            if other not in seen:
                yield from _sequence(other, config, seen)
