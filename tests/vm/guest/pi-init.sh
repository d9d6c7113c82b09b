#!/usr/bin/busybox sh
# PID 1 of the emulated Raspberry Pi; its root is the initramfs.
export PATH=/usr/sbin:/usr/bin:/usr/local/bin HOME=/root  # busybox last: what Debian has goes first
/usr/bin/busybox mkdir -p /dev /proc /root /run /sys /tmp /usr/local/bin
/usr/bin/busybox --install -s /usr/local/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
export I2CDRV_VM=pi CHECKOUT=/checkout PYTHON=python3 SERIAL=/dev/ttyAMA0
exec sh "$CHECKOUT/tests/vm/guest/run-tests.sh"
