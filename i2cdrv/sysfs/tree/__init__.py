"""The layout of the tree: that of /sys, for the modules, buses and devices of one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .health import HealthFiles
from .i2c import I2cFiles
from .kthreads import KthreadFiles, add_cpus
from .modules import ModuleFiles
from .parameters import DeviceParameterFiles
from .sensors import SensorFiles
from .sim_inputs import SimInputFiles

if TYPE_CHECKING:
    from ...core.model import DriverCore
    from ..kernfs import Tree


def build(tree: Tree, core: DriverCore) -> None:
    """Fill an empty tree, before anything is in the model, and keep it as the model changes."""
    add_cpus(tree)
    core.add_notifiers(
        ModuleFiles(tree),
        I2cFiles(tree, core),
        HealthFiles(tree),
        KthreadFiles(tree),
        SensorFiles(tree),
        DeviceParameterFiles(tree),
        SimInputFiles(tree),
    )
