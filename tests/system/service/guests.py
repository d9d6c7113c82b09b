"""Clients of many kinds in a process of their own.

``python -m tests.system.service.guests SOCKET SECONDS KIND=COUNT …``.

Where no writer is among them, they are of a user with read access only.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from i2cdrv.errors import Error
from i2cdrv.ipc.varlink import Client

if TYPE_CHECKING:
    from collections.abc import Callable

READS: list[tuple[str, dict[str, Any]]] = [
    ("Devices.ListDevices", {}),
    ("Modules.ListModules", {}),
    ("Modules.ShowParameters", {"module": "bme280"}),
    ("Daemon.Status", {}),
    ("Sim.ListFaults", {}),
]
WORDS = ("off", "x2", "x4", "x8", "x16")
NOBODY = 65534
LONGEST = 60.0  # s that a call may take


class Guests:
    """Until the time is over; ``calls``: answered; ``refused``: why others were not; ``slowest``: s."""

    def __init__(self, path: Path, seconds: float) -> None:
        self._path, self._end = path, time.monotonic() + seconds
        self._counting = threading.Lock()
        self.calls = 0
        self.refused: set[str] = set()
        self.slowest = 0.0

    def run(self, counts: dict[str, int]) -> None:
        """The number of each kind, at once."""
        kinds: dict[str, Callable[[int], None]] = {
            "readers": self.reader,
            "writers": self.writer,
            "idle": self.idle,
            "deaf": self.deaf,
            "slow": self.slow,
            "hasty": self.hasty,
        }
        threads = [
            threading.Thread(target=kinds[kind], args=(number,), daemon=True)
            for kind, count in counts.items()
            for number in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _goes_on(self) -> bool:
        return time.monotonic() < self._end

    def _connected(self) -> socket.socket | None:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(1)
        with suppress(OSError):
            sock.connect(str(self._path))
            return sock
        sock.close()
        return None

    def _wait(self, seconds: float) -> None:
        time.sleep(max(0.0, min(seconds, self._end - time.monotonic())))

    def reader(self, number: int) -> None:
        """An honest one."""
        random = Random(number)
        self._call_on(lambda: random.choice(READS))

    def writer(self, number: int) -> None:
        """An honest guest that changes a parameter."""
        random, method = Random(number), "Modules.StoreParameter"
        self._call_on(lambda: (method, {"module": "bme280", "name": "filter", "value": random.choice(WORDS)}))

    def _call_on(self, choose: Callable[[], tuple[str, dict[str, Any]]]) -> None:
        client = Client(self._path, LONGEST)
        while self._goes_on():
            began = time.monotonic()
            method, parameters = choose()
            try:
                client.call(f"io.i2cdrv.{method}", parameters)
            except Error as error:
                with self._counting:
                    self.refused.add(error.message)
                continue
            with self._counting:
                self.calls += 1
                self.slowest = max(self.slowest, time.monotonic() - began)

    def idle(self, _number: int) -> None:
        """Connects and sends nothing; connects again after a hang-up."""
        while self._goes_on():
            if (sock := self._connected()) is not None:
                sock.settimeout(max(0.1, self._end - time.monotonic()))
                with sock, suppress(OSError):
                    sock.recv(1)
            self._wait(0.5)

    def deaf(self, _number: int) -> None:
        """Requests all transfers, and never reads one."""
        call = {"method": "io.i2cdrv.Trace.Trace", "parameters": {"bus": 0}, "more": True}
        while self._goes_on():
            if (sock := self._connected()) is not None:
                with sock, suppress(OSError):
                    sock.sendall(json.dumps(call).encode() + b"\0")
                    self._wait(5)

    def slow(self, _number: int) -> None:
        """A byte each second."""
        while self._goes_on():
            if (sock := self._connected()) is not None:
                with sock, suppress(OSError):
                    while self._goes_on():
                        sock.sendall(b"{")
                        self._wait(1)

    def hasty(self, number: int) -> None:
        """Does not wait for the answer."""
        method, parameters = READS[number % len(READS)]
        message = json.dumps({"method": f"io.i2cdrv.{method}", "parameters": parameters}).encode() + b"\0"
        while self._goes_on():
            if (sock := self._connected()) is not None:
                with sock, suppress(OSError):
                    sock.sendall(message)
            self._wait(0.02)


def main(path: str, seconds: str, *words: str) -> None:
    counts = {kind: int(count) for kind, _, count in (word.partition("=") for word in words)}
    if os.geteuid() == 0 and "writers" not in counts:
        os.setgroups([])
        os.setuid(NOBODY)
    guests = Guests(Path(path), float(seconds))
    guests.run(counts)
    print(json.dumps({"calls": guests.calls, "refused": sorted(guests.refused), "slowest": guests.slowest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
