"""The client that starts quickly: the replies that it takes, and the others, for the other client."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from i2cdrv.ipc import names, quickclient
from i2cdrv.ipc.quickclient import LIST_MODULES, TYPES, Unusual, ask
from tests.support.hostile import Hostile, replies

if TYPE_CHECKING:
    from pathlib import Path

MODULE = {"name": "bme280", "devices": ["1-0076"], "users": 1, "path": "/x/bme280.py", "description": "A sensor"}
FIELD = re.compile(r"(\w+): (\([^)]*\)|[^,()\s]+)")


def fields(kind: str) -> list[dict[str, str]]:
    """The fields of a type, or of a method's reply, in each interface that declares it."""
    interface, _, name = kind.rpartition(".")
    texts = [names.TEXTS[interface]] if interface else list(names.TEXTS.values())
    start = rf"method {name}\([^)]*\) -> " if interface else rf"type {name} "
    inner = r"\(((?:[^()]|\([^()]*\))*)\)"
    return [dict(FIELD.findall(found)) for text in texts for found in re.findall(start + inner, text)]


@pytest.mark.parametrize("kind", TYPES)
def test_it_knows_the_declared_types(kind: str) -> None:
    declared = fields(kind)
    assert TYPES[kind] in declared
    if kind != "Device":  # that of Watch has the same name
        assert len({tuple(one.items()) for one in declared}) == 1


def test_several_calls_share_a_connection(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(method: str) -> list[bytes]:
        asked.append(method)
        return replies([{"modules": [MODULE]}])

    with Hostile(tmp_path / "control", answer):
        assert ask(f"{tmp_path}/control", LIST_MODULES, LIST_MODULES) == [{"modules": [MODULE]}] * 2
    assert asked == [LIST_MODULES] * 2


def test_without_a_server_there_is_no_reply(tmp_path: Path) -> None:
    assert ask(f"{tmp_path}/control", LIST_MODULES) is None


def test_an_error_is_none(tmp_path: Path) -> None:
    with Hostile(tmp_path / "control", lambda _: [b'{"error":"io.i2cdrv.Modules.Error"}']):
        assert ask(f"{tmp_path}/control", LIST_MODULES) == [None]


@pytest.mark.parametrize("number", ["true", "1.5", "1e400", "NaN", "-Infinity", "9" * 400, '"1"', "null", "[]"])
def test_a_number_of_another_type_is_unusual(number: str, tmp_path: Path) -> None:
    text = replies([{"modules": [{**MODULE, "users": 7}]}])[0].replace(b"7", number.encode())
    with Hostile(tmp_path / "control", lambda _: [text]), pytest.raises((Unusual, ValueError)):
        ask(f"{tmp_path}/control", LIST_MODULES)


@pytest.mark.parametrize("missing", ["_json", "_socket"])
def test_python_may_have_no_modules_in_c(missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with Hostile(tmp_path / "control", lambda _: replies([{"modules": [MODULE]}])):
        assert ask(f"{tmp_path}/control", LIST_MODULES) == [{"modules": [MODULE]}]


@pytest.mark.parametrize("bytes_at_once", [1, 60_000])
def test_an_endless_reply_is_given_up(bytes_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quickclient, "PATIENCE_S", 0.1 if bytes_at_once == 1 else 60.0)
    ended = threading.Event()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "control"))
        server.listen()

        def drip() -> None:
            client, _ = server.accept()
            with client, suppress(OSError):
                while not ended.is_set():
                    client.sendall(b" " * bytes_at_once)
                    time.sleep(0.001)

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises((Unusual, TimeoutError)):
            ask(f"{tmp_path}/control", LIST_MODULES)
        ended.set()
        thread.join()
