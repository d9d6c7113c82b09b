#!/bin/sh
# Before PID 1 of the machines with systemd: makes the root a mount of its own, else no service can have another one.
mkdir -p /dev /mnt /proc /run /sys /tmp
mount --bind / /mnt
cd /mnt && mount --move . / && exec chroot . /usr/lib/systemd/systemd
