"""The same machine after it was switched off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.system.systemd.booted.service import Service


def test_the_service_is_there_again(service: Service) -> None:
    service.until(lambda: service.show("ActiveState") == "active")
    assert service.mounts() == ["fuse.i2cdrv"]
