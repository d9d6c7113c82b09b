"""The Python client with a server of another version, a broken one, or an enemy: an i2cdrv Error, or an answer.

The replies are good ones with a value changed, as in ``test_hostile_server``.
"""

from __future__ import annotations

import asyncio
import json
import random
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

import i2cdrv
from i2cdrv.client import ServiceClient
from i2cdrv.errors import Error
from tests.support.hostile import Hostile, replies
from tests.support.replies import GOOD, HARMFUL, ODD, changed, places

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRIES = 300  # of each use
PARAMETER = {"name": "filter", "value": "x4", "origin": "device", "described": "set for the device"}
ANSWERS: dict[str, list[Any]] = {
    **GOOD,
    "io.i2cdrv.Devices.ShowParameters": [{"parameters": [PARAMETER]}],
    "io.i2cdrv.Modules.ReloadModule": [{"dropped": [], "devices": ["1-0076"], "failed": {}}],
}
USES: dict[str, Callable[[ServiceClient], Any]] = {
    "devices": lambda client: [*map(repr, client.devices()), repr(client.devices()), client.devices()._repr_html_()],
    "device": lambda client: (repr(client["1-0076"]), client["1-0076"]._repr_html_()),
    "read": lambda client: _used(client.read("1-0076")),
    "watch": lambda client: list(map(_used, islice(client.watch(), 2))),
    "params": lambda client: (len(dict(client.params("1-0076"))), repr(client.params("1-0076").show())),
    "module's params": lambda client: repr(client.params("bme280").show()),
    "modules": lambda client: (repr(client.modules()), client.modules()._repr_html_()),
    "status": lambda client: repr(client.status()),
    "log": lambda client: [f"{line} {line!r}" for line in client.log()],
    "faults": lambda client: (repr(client.faults()), client.faults()._repr_html_()),
    "inject": lambda client: client.inject("i2c-0", "nack"),
    "detect": lambda client: (repr(client.detect()), client.detect()._repr_html_()),
    "load": lambda client: repr(client.load("bme280", 1)),
    "bind": lambda client: repr(client.bind("1-0076")),
    "new_device": lambda client: repr(client.new_device("lm75", 1, 0x48)),
    "reload": lambda client: client.reload("bme280"),
}  # fmt: skip


def _used(reading: i2cdrv.client.Reading) -> list[str]:
    """Use all of a reading."""
    texts = [str(reading), repr(reading), reading._repr_html_(), str(reading.age), str(reading.as_dict())]
    return texts + [f"{channel} {channel!r}" for channel in reading.values()]


def texts(value: Any) -> list[str]:
    """Return the texts in a value."""
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", USES)
def test_any_reply_is_an_answer_or_an_error(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    answers: dict[str, list[bytes]] = {}
    called: list[str] = []

    def answer(method: str) -> list[bytes]:
        called.append(method)
        return answers.get(method) or replies(ANSWERS[method])

    with Hostile(tmp_path / "control", answer):
        client = i2cdrv.connect(tmp_path / "control", patience=0)
        assert _outcome(client, name) is not Error
        methods = sorted({*called})
        for _ in range(TRIES):
            method = chance.choice(methods)
            good = ANSWERS[method]
            number = chance.randrange(len(good))
            at = chance.choice(list(places(good[number])))
            odd = chance.choice([*ODD, ...] if at else ODD)
            answers = {method: replies([*good[:number], changed(good[number], at, odd), *good[number + 1 :]])}
            _outcome(client, name)


def _outcome(client: ServiceClient, name: str) -> Any:
    """Use the client; the class Error for an error."""
    try:
        found = USES[name](client)
    except Error:
        return Error
    for text in texts(found):
        assert text.replace("\n", "").isprintable(), ascii(text)
    return found


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b'{"parameters":[]}', b'{"error":5}', b'{"continues":true}'])
def test_a_message_that_is_none_is_an_error_for_both_clients(message: bytes, tmp_path: Path) -> None:
    async def use() -> None:
        async with i2cdrv.connect_async(tmp_path / "control", patience=0) as client:
            await client.devices()

    with Hostile(tmp_path / "control", lambda _: [message]):
        with pytest.raises(Error, match="control"):
            i2cdrv.connect(tmp_path / "control", patience=0)
        with pytest.raises(Error, match="control"):
            asyncio.run(use())


def test_text_that_steers_a_terminal_is_escaped(tmp_path: Path) -> None:
    def answer(method: str) -> list[bytes]:
        if method.endswith("Unload"):
            return [json.dumps({"error": "io.i2cdrv.Daemon.Error", "parameters": {"message": HARMFUL}}).encode()]
        return replies(GOOD[method])

    with Hostile(tmp_path / "control", answer), pytest.raises(Error) as caught:
        i2cdrv.connect(tmp_path / "control").unload("bme280")
    assert caught.value.message == HARMFUL  # a program gets the text as it is
