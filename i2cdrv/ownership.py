"""Root uses the directories of the service's user, who must be able to go on with what root has made in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def bequeath(made: Path | int, directory: Path) -> None:
    """Give what root has made, a path or a descriptor, to the owner of the directory; no link is followed.

    Raises OSError.
    """
    if os.geteuid() == 0:
        owner = directory.stat()
        if isinstance(made, int):
            os.fchown(made, owner.st_uid, owner.st_gid)
        else:
            os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)
