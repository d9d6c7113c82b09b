#!/bin/sh
# In namespaces of its own: make a file system of a Debian's root and a layer over it, and become its systemd.
# Its mounts are shared, as systemd makes those of a machine.  boot.sh ROOT LAYER
set -eu
root=$2/root
mkdir -p "$2/changed" "$2/work" "$root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/changed,workdir=$2/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
while read -r name minor; do mknod -m 666 "$root/dev/$name" c "${minor%,*}" "${minor#*,}"; done <<END
null 1,3
zero 1,5
full 1,7
random 1,8
urandom 1,9
tty 5,0
fuse 10,229
i2c-9 89,9
END
cd "$root"
pivot_root . mnt
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh -c \
    'umount -l /mnt && mount --make-rshared / && exec /lib/systemd/systemd --system --show-status=no'
