"""The cache of downloads and builds: $I2CDRV_VM_CACHE, else i2cdrv-vm in the user's cache. It may always be deleted."""

from __future__ import annotations

import hashlib
import inspect
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVarTuple

from .progress import Failed, say

Inputs = TypeVarTuple("Inputs")
PART = ".part-"
DAY = 86400
given_up: set[Path] = set()  # failed builds of this run: the next machine need not try again


def root() -> Path:
    """The directory all entries lie in."""
    own = os.environ.get("I2CDRV_VM_CACHE")
    shared = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(own).absolute() if own else Path(shared) / "i2cdrv-vm"
    place.mkdir(parents=True, exist_ok=True)
    return place


def entry(name: str, build: Callable[[Path, Path, *Inputs], None], *inputs: *Inputs) -> Path:
    """The directory `build(scratch, result, *inputs)` filled; built once for each text of its module and its inputs.

    It is built under a temporary name and renamed when complete, so an interrupted build is never found again.
    """
    place = entry_of(name, build, *inputs)
    if place in given_up:
        raise Failed(f"{name}: could not be built before (see above)")
    if not place.is_dir():
        given_up.add(place)
        say(f"{name}: not in the cache ({place}), building it")
        with tempfile.TemporaryDirectory(prefix=f"{name}{PART}", dir=root()) as scratch:
            result = Path(scratch) / "result"
            result.mkdir()
            build(Path(scratch), result, *inputs)
            publish(result, place)
            say(f"{name}: done, removing what it was built from")
    given_up.discard(place)
    os.utime(place)  # when it was last of use
    return place


def entry_of(name: str, build: Callable[[Path, Path, *Inputs], None], *inputs: *Inputs) -> Path:
    """The directory of an entry, which may not be there yet."""
    module = Path(inspect.getfile(build)).read_text()  # a changed recipe is another entry
    recipe = repr((module, inputs)).encode()
    return root() / f"{name}-{hashlib.sha256(recipe).hexdigest()[:12]}"


def publish(result: Path, place: Path) -> None:
    """Give a finished build its name; if another run was quicker, keep that one."""
    try:
        result.rename(place)
    except OSError as error:
        if not place.is_dir():
            raise Failed(f"{place}: {error.strerror}") from error


def sweep() -> None:
    """Remove the leftovers of killed builds, and files that no run has used for a month."""
    for place in root().iterdir():
        keep = DAY if PART in place.name else 30 * DAY  # no build takes a day
        if time.time() - place.stat().st_mtime > keep:
            shutil.rmtree(place, ignore_errors=True)
