#!/bin/sh
# The files of a module's parameters, used well and badly: parameters.sh DIRECTORY
#
# The same questions to a kernel's /sys and to our tree.  DIRECTORY is …/module/i2c_stub/parameters, of the kernel's
# i2c-stub or of a driver with the same two: functionality, a ulong (0644), and chip_addr, an array of ushort (0444).
# Run by root; “nobody” is another user.
cd "$1" || exit 1
value=functionality fixed=chip_addr

# “say” TITLE COMMAND…: prints the action, its exit status, and the value afterwards
say() {
    what=$1
    shift
    said=$("$@" 2>&1) && how=ok || how="failed ($(printf '%s' "$said" | sed -n '$s/.*: //p'))"
    printf '%s: %s; %s\n' "$what" "$how" "$(cat $value)"
}
set_to() { printf -- "$1" | dd of=$value bs=8192 conv=notrunc status=none; }
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

kept=$(cat $value)
stat -c '%n %a %s %U %G %h %F' . $value $fixed
say 'start' set_to 1
for text in 0 42 '43\n' 0x1F 0X1f 010 +7 -1 -0 '1 ' ' 1' '1\n\n' '1\r\n' 1_0 0x 0xg 08 0b1 1e3 '' '\n' x 18446744073709551615 \
    18446744073709551616 99999999999999999999x '5\000junk' 00000000000000000000000000000001; do
    say "write [$text]" set_to "$text"
done
say '5000 zeros and a 1' sh -c "{ head -c 5000 /dev/zero | tr '\\\\0' 0; printf 1; } | dd of=$value bs=8192 iflag=fullblock conv=notrunc status=none"
say 'back' set_to 42
say 'shell' sh -c "echo 44 > $value"
say 'append' sh -c "echo 45 >> $value"
say 'empty' sh -c ": > $value"
say 'at offset 2' sh -c "printf 46 | dd of=$value bs=1 seek=2 obs=2 conv=notrunc status=none"
say 'truncate' truncate -s 0 $value
say 'touch' touch $value
say 'cp' sh -c "printf 47 > /tmp/.parameter && cp /tmp/.parameter $value; status=\$?; rm /tmp/.parameter; exit \$status"
say 'tee' sh -c "echo 48 | tee $value > /dev/null"
say 'two lines' sh -c "printf '49\\n50\\n' > $value"
printf 'bytes: %s\n' "$(wc -c < $value)"
printf 'one at a time: %s\n' "$(dd if=$value bs=1 status=none | od -An -c | tr -s ' ')"
printf 'from 1: %s\n' "$(dd if=$value bs=1 skip=1 status=none | od -An -c | tr -s ' ')"
printf 'from 100: %s\n' "$(dd if=$value bs=1 skip=100 status=none 2>&1 | wc -c)"
printf 'grep: %s\n' "$(grep -c . $value)"
say 'read only, write' sh -c "echo 1 > $fixed"
say 'read only, append' sh -c "echo 1 >> $fixed"
say 'read only, tee' tee $fixed < /dev/null
say 'nobody reads' as_nobody cat $value
say 'nobody reads the other' as_nobody cat $fixed
say 'nobody writes' as_nobody sh -c "echo 1 > $value"
say 'nobody chmods' as_nobody chmod 666 $value
say 'new file' sh -c 'echo 1 > new'
say 'touch new' touch new
say 'mkdir' mkdir new
say 'rm' rm -f $value
say 'rmdir' rmdir .
say 'mv' mv $value other
say 'ln -s' ln -s $value other
say 'ln' ln $value other
say 'chmod 600' chmod 600 $value
stat -c '%n %a' $value
say 'chmod 644' chmod 644 $value
say 'test -w' test -w $value
say 'test -w read only' test -w $fixed
say 'ls' sh -c 'ls | grep -x -e functionality -e chip_addr'
echo "$kept" > $value # i2c-stub goes by it
