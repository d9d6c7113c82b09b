"""The blocking client and that of asyncio are the same to their users, and ``help`` explains both."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys

import pytest

import i2cdrv
from i2cdrv import client
from i2cdrv.core.asyncdevice import AsyncDevice

TWINS = [
    (client.ServiceClient, client.AsyncServiceClient),
    (client.ServedDevice, client.AsyncServedDevice),
    (client.Params, client.AsyncParams),
]
ITERATORS = ("watch", "log")
CLASSES = [*(kind for twins in TWINS for kind in twins), client.Reading, client.Channel, AsyncDevice]


def methods(kind: type) -> dict[str, list[str]]:
    """Return the arguments of the public methods that a class defines."""
    found = {name: value for name, value in vars(kind).items() if inspect.isfunction(value) and name[0] != "_"}
    return {name: [str(one) for one in inspect.signature(value).parameters.values()] for name, value in found.items()}


@pytest.mark.parametrize(("blocking", "other"), TWINS, ids=lambda kind: kind.__name__)
def test_both_have_the_same_methods_with_the_same_arguments(blocking: type, other: type) -> None:
    assert methods(other) | methods(blocking) == methods(other)
    assert methods(other).keys() - methods(blocking).keys() <= {"get"}  # of a mapping


@pytest.mark.parametrize("other", [other for _, other in TWINS], ids=lambda kind: kind.__name__)
def test_each_method_for_asyncio_is_awaited_or_iterated(other: type) -> None:
    for name in methods(other):
        awaited = inspect.iscoroutinefunction(getattr(other, name))
        assert awaited != (name in ITERATORS or name == "params"), name


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_help_explains_each_method(kind: type) -> None:
    assert inspect.getdoc(kind)
    assert [name for name in methods(kind) if not inspect.getdoc(getattr(kind, name))] == []


def test_help_explains_both_functions() -> None:
    for function in (i2cdrv.connect, i2cdrv.connect_async):
        text = pydoc.plain(pydoc.render_doc(function))
        assert "run_dir" in text
        assert "with i2cdrv.connect" in text
    assert "patience" in pydoc.plain(pydoc.render_doc(client.ServiceClient))


def test_the_names_of_the_package_exist() -> None:
    assert [name for name in client.__all__ if not hasattr(client, name)] == []
    with pytest.raises(AttributeError, match=r"module 'i2cdrv\.client' has no attribute 'connec'"):
        client.connec  # type: ignore[attr-defined]  # noqa: B018


def test_the_blocking_client_imports_neither_asyncio_nor_drivers() -> None:
    code = "import sys, i2cdrv; i2cdrv.connect; print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("asyncio", "i2cdrv.core.module", "i2cdrv.driver.driver", "i2cdrv.kthread.kthread", "smbus2"):
        assert f"'{name}'" not in shown
