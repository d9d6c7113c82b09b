"""The path of a sample in docs/design.md is the path of the code; below ``ioctl`` is a simulated BME280."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import i2cdrv
from i2cdrv.core.module import load
from i2cdrv.lib.clock import VirtualClock
from tests.system.bench.rig import INTERVAL, Rig, rig
from tests.system.docs.snippets import ROOT

Calls = dict[str, "Calls"]  # the functions that a function calls, in the order of their first calls, with their own
Line = tuple[int, str]  # the depth and the name of a frame

CODE = str(Path(i2cdrv.__file__).parent), str(load("bme280").path)
SECTION = (ROOT / "docs" / "design.md").read_text().partition("\n## The path of a sample\n")[2].partition("\n## ")[0]
FRAME = re.compile(r"^( *)([\w.]+) {2,}", re.M)
REQUEST = re.compile(r"^A request comes .*?: ([^:]*?) puts ", re.M)


class Profiler:
    """The calls of i2cdrv and of the driver.  A coroutine that continues stays where it was first called."""

    def __init__(self) -> None:
        self.calls: Calls = {}
        self._known: dict[FrameType, Calls] = {}

    def __enter__(self) -> Calls:
        sys.setprofile(self._note)
        return self.calls

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame not in self._known and frame.f_code.co_filename.startswith(CODE):
            self._known[frame] = self._calls_of_caller(frame).setdefault(frame.f_code.co_qualname, {})

    def _calls_of_caller(self, frame: FrameType) -> Calls:
        caller = frame.f_back
        while caller is not None and caller not in self._known:
            caller = caller.f_back
        return self.calls if caller is None else self._known[caller]


@pytest.fixture
def rigged() -> Iterator[Rig]:
    """A polled device in virtual time, sampled before; each of its samples differs from the last one."""
    with rig("bme280", VirtualClock()) as it:
        it.device.poll(INTERVAL, lambda _reading: None)
        pass_time(it, 2.5 * INTERVAL)
        it.feel(1e-4)
        yield it


def pass_time(it: Rig, seconds: float) -> None:
    it.device.bus.kthread.run(it.device.bus.adapter.clock.monotonic() + seconds)


def named(calls: Calls, names: set[str], depth: int = 0) -> Iterator[Line]:
    """The frames of these names, with the calls of other frames between them as if they were made directly."""
    for name, own in calls.items():
        if name in names:
            yield depth, name
        yield from named(own, names, depth + (name in names))


def first_of_each(path: Iterator[Line]) -> list[Line]:
    found: dict[str, int] = {}
    for depth, name in path:
        found.setdefault(name, depth)
    return [(depth, name) for name, depth in found.items()]


def test_the_page_shows_the_frames_of_a_sample_in_their_order_and_nesting(rigged: Rig) -> None:
    page = [(len(indent), name) for indent, name in FRAME.findall(SECTION.split("```")[1])]
    with Profiler() as calls:
        pass_time(rigged, INTERVAL)
    assert page == first_of_each(named(calls, {name for _, name in page}))


def test_the_page_shows_the_frames_of_a_request(rigged: Rig) -> None:
    names = re.findall(r"[\w.]+", REQUEST.findall(SECTION)[0].split("thread")[-1])
    with Profiler() as calls:
        rigged.device.sample()
    assert list(enumerate(names)) == first_of_each(named(calls, set(names)))
