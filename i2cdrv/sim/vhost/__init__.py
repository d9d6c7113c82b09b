"""Serve a bus to a virtual machine: the back end of the kernel's virtio I2C adapter over vhost-user.

For User Mode Linux (``virtio_uml.device=SOCKET:34``) and QEMU 9 or newer (``vhost-user-i2c-pci``, guest memory shared).
Modules, from the bottom up: ``wire`` (messages), ``memory`` (guest addresses), ``ring`` (split virtqueue),
``device`` (I2C requests), ``vring`` (set-up of the ring), ``session`` (one connection), ``server`` (the socket).
"""

from .server import serve

__all__ = ["serve"]
