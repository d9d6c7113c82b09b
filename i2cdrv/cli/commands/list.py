"""``i2cdrv list``: the loaded modules in lsmod's layout, the devices, and the missing devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ...errors import Unknown
from ...ipc import peers
from ...ipc.names import MODULES
from ..console import search_dir
from ..listing import lines, size
from ..output import print_json, print_lines


class Options(NamedTuple):
    """The options of ``i2cdrv list``."""

    available: bool = False
    json: bool = False
    run_dir: str | None = None


def run(options: Options) -> int:
    """Print the modules and devices of all processes."""
    run_dir = search_dir(options.run_dir)
    if options.run_dir is not None:
        _check_exists(options.run_dir)
    loaded = [one for _, reply in peers.call_all(run_dir, f"{MODULES}.ListModules") for one in reply["modules"]]
    devices = [one for _, one in peers.list_devices(run_dir)]
    missing = peers.list_missing(run_dir)
    available = _available() if options.available or options.json else []
    if options.json:
        shown = {
            "loaded": [{**one, "size": size(one)} for one in loaded],
            "devices": devices,
            "missing": missing,
            "modules": available,
        }
        print_json(shown)
        return 0
    print_lines(*lines(loaded, devices, missing), *(f"{one['name']:<22} {one['description']}" for one in available))
    return 0


def _check_exists(run_dir: str) -> None:
    """Raise Unknown for a run directory that does not exist."""
    try:
        Path(run_dir).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise Unknown(f"{run_dir}: there is no such run directory; name that of a running i2cdrv, or start one with "
                      f"i2cdrv load --run-dir {run_dir}") from None  # fmt: skip
    except OSError:
        return  # it may exist: an i2cdrv in it cannot be reached


def _available() -> list[dict[str, Any]]:
    """Return every module that can be loaded."""
    from ...core import modinfo, module  # not needed without --available

    return [modinfo.summary(found) for found in module.load_all()]
