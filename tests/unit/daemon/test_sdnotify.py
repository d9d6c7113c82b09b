"""The messages to systemd and the descriptors from it, as in sd_notify(3) and sd_listen_fds(3)."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from i2cdrv.daemon.sdnotify import Notifier, listen_fds, watchdog_interval

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Manager:
    """Receives the messages of services."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(10)
        self._socket.bind(address)

    def heard(self) -> list[str]:
        """The lines of one message without descriptors."""
        lines, fds = self.received()
        assert fds == []
        return lines

    def received(self) -> tuple[list[str], list[int]]:
        data, fds, _, _ = socket.recv_fds(self._socket, 4096, 4)
        return data.decode().split("\n"), fds

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


@pytest.fixture
def notifier(manager: Manager, tmp_path: Path) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})


def test_a_service_speaks_in_the_words_of_sd_notify(notifier: Notifier, manager: Manager) -> None:
    assert notifier
    notifier.ready()
    assert manager.heard() == ["READY=1"]
    notifier.ready("3 devices")
    assert manager.heard() == ["READY=1"]
    assert manager.heard() == ["STATUS=3 devices"]
    notifier.status("0-0076 is absent")
    assert manager.heard() == ["STATUS=0-0076 is absent"]
    notifier.watchdog()
    assert manager.heard() == ["WATCHDOG=1"]
    notifier.stopping()
    assert manager.heard() == ["STOPPING=1"]
    notifier.fdstore_remove("tree")
    assert manager.heard() == ["FDSTOREREMOVE=1", "FDNAME=tree"]


def test_a_reload_reports_its_start(notifier: Notifier, manager: Manager) -> None:
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    notifier.reloading()
    word, moment = manager.heard()
    assert word == "RELOADING=1"
    name, _, micros = moment.partition("=")
    assert name == "MONOTONIC_USEC"
    assert int(before * 1e6) <= int(micros) <= time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6


def test_a_text_of_several_lines_adds_no_other_message(notifier: Notifier, manager: Manager) -> None:
    notifier.status("broken:\nMAINPID=1")
    assert manager.heard() == ["STATUS=broken: MAINPID=1"]


@pytest.mark.parametrize("letter", ["x", "é", "€", "😀"])
@pytest.mark.parametrize("length", range(1020, 1030))
def test_a_long_status_is_cut_where_a_letter_ends(
    notifier: Notifier, manager: Manager, letter: str, length: int
) -> None:
    text = "35 devices are missing: " + letter * length
    notifier.ready(text)
    assert manager.heard() == ["READY=1"]  # whatever becomes of the rest
    (line,) = manager.heard()
    said = line.removeprefix("STATUS=")
    assert len(line.encode()) < 4096 // 2
    assert len(said) > 200
    assert said == text or (said.endswith("…") and text.startswith(said.removesuffix("…")))


def test_a_status_of_any_text_is_accepted_by_systemd(notifier: Notifier, manager: Manager) -> None:
    notifier.status("a\0b \udc80 c\x1b[2J\u202ed\u2028e\t f")
    assert manager.heard() == ["STATUS=a b c [2J d e f"]


def test_the_manager_may_have_a_name_that_is_no_file() -> None:
    name = f"i2cdrv-test-{os.getpid()}"
    manager = Manager(f"\0{name}")
    try:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).watchdog()
        assert manager.heard() == ["WATCHDOG=1"]
    finally:
        manager.close()


def test_without_a_manager_nothing_is_sent() -> None:
    notifier = Notifier({})
    assert not notifier
    notifier.ready("all is well")
    assert notifier.barrier() is False


def test_a_manager_that_has_gone_does_not_stop_the_service(tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    notifier.watchdog()
    assert notifier.barrier() is False


def test_a_descriptor_is_given_to_keep(notifier: Notifier, manager: Manager, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+") as file:
        notifier.fdstore("tree", file.fileno())
        file.write("the same file")
    lines, (fd,) = manager.received()
    assert lines == ["FDSTORE=1", "FDNAME=tree"]
    assert os.pread(fd, 99, 0) == b"the same file"
    os.close(fd)


def test_a_barrier_ends_when_the_manager_has_come_to_it(notifier: Notifier, manager: Manager, tmp_path: Path) -> None:
    code = (
        "import sys; from i2cdrv.daemon.sdnotify import Notifier; n = Notifier(); n.status('first');"
        "sys.exit(0 if n.barrier() else 1)"
    )
    env = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}
    with subprocess.Popen([sys.executable, "-c", code], env=env) as speaker:
        assert manager.heard() == ["STATUS=first"]
        lines, (fd,) = manager.received()
        assert lines == ["BARRIER=1"]
        waits = select.poll()
        waits.register(fd, 0)  # an error as soon as no process reads any more
        assert waits.poll(0) == []
        os.close(fd)
        assert speaker.wait(10) == 0


def test_an_unanswered_barrier_has_an_end(notifier: Notifier, manager: Manager) -> None:
    assert notifier.barrier(0.01) is False
    _, (fd,) = manager.received()
    os.close(fd)


def handed_over(**variables: str) -> str:
    """The environment of a process started as systemd starts one, with three descriptors from 3 on."""
    code = (
        "import os; from i2cdrv.daemon.sdnotify import listen_fds; fds = listen_fds();"
        "print({name: os.readlink(f'/proc/self/fd/{fd}')[-1] for name, fd in fds.items()},"
        "      [os.get_inheritable(fd) for fd in fds.values()],"
        "      sorted(name for name in os.environ if name.startswith('LISTEN_')), listen_fds())"
    )
    # exec keeps the process id, which LISTEN_PID has to be
    script = 'exec 3>a 4>b 5>c; export LISTEN_PID="${LISTEN_PID:-$$}"; exec "$0" -c "$1"'
    done = subprocess.run(
        ["/bin/sh", "-ec", script, sys.executable, code],
        env={**os.environ, **variables},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LISTEN_FDS": "2", "LISTEN_FDNAMES": "tree:control"}, "{'tree': 'a', 'control': 'b'} [False, False] [] {}"),
        ({"LISTEN_FDS": "1"}, "{'unknown': 'a'} [False] [] {}"),
        ({"LISTEN_FDS": "3", "LISTEN_FDNAMES": "tree:x:tree"}, "{'tree': 'c', 'x': 'b'} [False, False] [] {}"),
        ({"LISTEN_FDS": "2", "LISTEN_FDNAMES": "tree:x", "LISTEN_PID": "1"}, "{} [] [] {}"),
        ({"LISTEN_FDS": "many"}, "{} [] [] {}"),
        ({}, "{} [] [] {}"),
    ],
)
def test_handed_over_descriptors_are_taken_once_by_name(variables: dict[str, str], expected: str) -> None:
    assert handed_over(**variables) == expected


def test_nothing_is_handed_over_without_a_manager() -> None:
    assert listen_fds({}) == {}


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_bites_after(environment: dict[str, str], seconds: float | None) -> None:
    assert watchdog_interval(environment) == seconds
