"""Whether the tree can be a file system (FUSE); without, it is plain files that can only be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lib.hints import install
from .finding import Finding, note, ok, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .machine import Machine

WITHOUT = "without it the tree is plain files, to be read only"


def fuse(machine: Machine) -> Iterator[Finding]:
    device = machine.dev / "fuse"
    if not device.exists():
        yield _missing(machine)
        return
    if not machine.person.may(device, 6):
        refused = f"{device} may not be used by you ({machine.owner(device)}); {WITHOUT}"
        yield problem("fuse", refused, f"sudo chmod a+rw {device}")
    elif machine.person.uid == 0:
        yield ok("fuse", f"{device} is there, and root mounts the tree")
    else:
        yield ok("fuse", f"{device} is there, and you may use it")
    if machine.person.uid == 0:
        return
    if helper := machine.which("fusermount3"):
        yield ok("fuse", f"{helper} mounts the tree for you")
    else:
        yield problem(
            "fuse", f"fusermount3 is missing, which mounts for users; {WITHOUT}", install("fuse3", machine.root)
        )


def _missing(machine: Machine) -> Finding:
    text = f"there is no {machine.dev}/fuse; {WITHOUT}"
    if machine.is_container:
        return note("fuse", text, f"docker run --device {machine.dev}/fuse --cap-add SYS_ADMIN …")
    return problem("fuse", text, "sudo modprobe fuse")
