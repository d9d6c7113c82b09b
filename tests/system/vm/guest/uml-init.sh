# PID 1 of the User Mode Linux machines; sourced after the settings the host wrote.
# The host's root is read-only below an overlay; the tests' files are gone with the machine.
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root || exit
mkdir -p dev proc run sys usr/lib/modules
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs devtmpfs dev
mount -t tmpfs tmpfs run
mount --bind "$MODULES" usr/lib/modules
test -e lib/modules || ln -s ../usr/lib/modules lib/modules
export SERIAL=/dev/ttyS0
exec chroot . /bin/sh "$CHECKOUT/tests/system/vm/guest/run-tests.sh"
