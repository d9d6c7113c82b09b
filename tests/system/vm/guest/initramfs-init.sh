# PID 1 of the machines whose root is an initramfs; sourced after the settings the host wrote, by busybox's shell.
export PATH=/usr/sbin:/usr/bin:/usr/local/bin HOME=/root  # busybox last: Debian's programs go first
/usr/bin/busybox mkdir -p /dev /proc /root /run /sys /tmp /usr/local/bin
/usr/bin/busybox --install -s /usr/local/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
exec sh "$CHECKOUT/tests/system/vm/guest/run-tests.sh"
