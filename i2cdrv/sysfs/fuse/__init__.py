"""The tree as a file system, by the protocol of /dev/fuse: nothing to compile, no library."""

from .mount import clear, mount, unmount
from .server import Server

__all__ = ["Server", "clear", "mount", "unmount"]
