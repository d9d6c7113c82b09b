"""A program that uses the service, as mypy --strict sees it.  Nothing here runs.

As in ``driver_author``, the comments that ignore an error have no code.
"""

# mypy: disable-error-code="ignore-without-code"

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import assert_type

import i2cdrv
from i2cdrv.client import (
    AsyncServedDevice,
    AsyncServiceClient,
    Channel,
    Fault,
    FoundChip,
    LogLine,
    Module,
    Parameter,
    Reading,
    ServedDevice,
    ServiceClient,
    Status,
    Table,
)


def blocking() -> None:
    with i2cdrv.connect() as client:
        assert_type(client, ServiceClient)
        assert_type(client.devices(), Table[ServedDevice])
        assert_type(client["garden"], ServedDevice)
        assert_type(client["garden"].module, str | None)
        assert_type(client["garden"].reading, Reading | None)
        assert_type(client.read("garden"), Reading)
        assert_type(client.read("garden").temp, Channel)
        assert_type(client.read("garden")["temp"].value, float)
        assert_type(client.read("garden").error, i2cdrv.Error | None)
        assert_type(client.watch("garden", client["attic"]), Generator[Reading, None, None])
        assert_type(client["garden"].params["filter"], str)
        assert_type(client["garden"].params.show(), Table[Parameter])
        client["garden"].params["filter"] = 4
        assert_type(client.load("bme280", bus=1, addr=0x76, osrs_p="x4"), ServedDevice | None)
        assert_type(client.modules(), Table[Module])
        assert_type(client.detect(1)[0], FoundChip)
        assert_type(client.faults(), Table[Fault])
        assert_type(client.log(follow=True), Generator[LogLine, None, None])
        assert_type(client.status(), Status)
        client.devises()  # type: ignore
        client.read(5)  # type: ignore
        client.load("bme280", bus=1.5)  # type: ignore
    i2cdrv.connect(Path("/run/i2cdrv/control"), patience=0)
    i2cdrv.connect(patience="10")  # type: ignore


async def with_asyncio() -> None:
    async with i2cdrv.connect_async(run_dir="/run/i2cdrv") as client:
        assert_type(client, AsyncServiceClient)
        assert_type(await client.devices(), Table[AsyncServedDevice])
        assert_type((await client.device("garden")).chip, str)
        assert_type(await client.read("garden"), Reading)
        assert_type(client.watch(), AsyncGenerator[Reading, None])
        assert_type([one.temp.value async for one in client.watch()], list[float])
        assert_type(await client.params("garden").get("filter"), str)
        client.read("garden").temp  # type: ignore  # noqa: B018
    assert_type(await i2cdrv.connect_async(), AsyncServiceClient)
    i2cdrv.connect_async().read("garden")  # type: ignore
    async with i2cdrv.connect():  # type: ignore
        pass
    with i2cdrv.connect_async():  # type: ignore
        pass
