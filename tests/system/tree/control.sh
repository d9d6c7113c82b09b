#!/bin/sh
# The control files of an I2C bus, with good and bad input: control.sh ROOT NUMBER
#
# The same questions to a kernel's /sys and to our tree.  Each line of the answer is one write: its text, to which
# file, how that ended, and the devices with their drivers afterwards.  ROOT has the shape of /sys; the bus NUMBER has LM75s
# at 0x48 and 0x49 and no devices; the driver lm75 is loaded, and autoprobe is on.
root=$1 number=$2
adapter=bus/i2c/devices/i2c-$number drivers=bus/i2c/drivers

state() {
    for device in "$root"/bus/i2c/devices/"$number"-*; do
        [ -e "$device" ] || continue
        driver=none
        [ -e "$device/driver" ] && driver=$(basename "$(readlink "$device/driver")")
        printf ' %s=%s/%s' "$(basename "$device" | sed "s/^$number-/N-/")" "$(cat "$device/name")" "$driver"
    done
}

# write FILE DATA: one write(2) of printf's DATA
write() {
    said=$(printf -- "$2" | dd of="$root/$1" bs=8192 conv=notrunc 2>&1 >/dev/null)
    case $said in
    dd:*) how=$(printf '%s\n' "$said" | sed -n '1s/.*: //p') ;;
    *) how=ok ;;
    esac
    printf '%s < [%s]: %s;%s\n' "$(printf '%s' "$1" | sed "s/i2c-$number\$/i2c-N/; s/i2c-$number\//i2c-N\//")" \
        "$(printf '%s' "$2" | sed "s/^$number-/N-/")" "$how" "$(state)"
}

new() { write "$adapter/new_device" "$1"; }
delete() { write "$adapter/delete_device" "$1"; }
bind() { write "$drivers/$1/bind" "$2"; }
unbind() { write "$drivers/$1/unbind" "$2"; }

# new_device: accepted lines
for data in 'lm75 0x48' 'lm75 0x49\n' 'lm75 74\n' 'lm75 0113'; do new "$data"; done
# an address that is taken
for data in 'lm75 0x48' 'lm75 72\n' 'nobody 0x49' 'lm75  0x4a'; do new "$data"; done
# delete_device
for data in '0x48' '73\n' '0112\n' '0x4b ' '0x4b\n' '0x4b\n' '' '\n' 'g' 'lm75' '0x' '-1' '0x50'; do delete "$data"; done
# new_device: refused lines
for data in '' '\n' 'lm75' 'lm75\n' 'lm75\t0x48' 'lm75 ' 'lm75 \n' 'lm75 g' ' lm75 0x48' 'lm75 0x48 ' 'lm75 0x48 x' \
    'lm75 0x4g' 'lm75 0x48x' 'lm75 0x00' 'lm75 0x80' 'lm75 128' 'lm75 -1' 'lm75 65536' 'lm75 0xa400' 'lm75 08' 'lm75 0b1' \
    '12345678901234567890 0x48' 'lm75,0x48'; do
    new "$data"
done
# new_device: odd, and taken
for data in 'lm75  0x48' 'lm75 0x49\n\n' 'nobody 0x4a' ' 0x4b' 'LM75 0x4c' '1234567890123456789 0x4d' 'lm75 +0x4e' \
    'lm75 0x4f\nx'; do
    new "$data"
done
for data in '0x48\n\n' '0x49\nx' '0x4a' '0x4b' '0x4c' '0x4d' '0x4e' '+0x4f'; do delete "$data"; done
# addresses that only detection leaves alone, and other kinds of address
for data in 'nobody 0x01' 'nobody 0x07' 'nobody 0x78' 'nobody 0x7f' 'nobody 0xa04a' 'nobody 0x104b'; do new "$data"; done
for data in '0x4a' '0x4b' '0xa04a' '0x104b' '0x01' '0x07' '0x78' '0x7f'; do delete "$data"; done
# bind and unbind
new 'lm75 0x48'
new 'nobody 0x49'
for data in "$number-0048" "$number-0049" '99-0048' "$number-48" " $number-0048" "$number-0048 " '' '\n' 'x'; do
    bind lm75 "$data"
done
for data in "$number-0049" "$number-48" "$number-0048 " "$number-0048\\\\n" "$number-0048" "$number-0048" ''; do
    unbind lm75 "$data"
done
bind lm75 "$number-0048\\n"
unbind lm75 "$number-0048\\n"
bind nobody "$number-0048"
# drivers_probe, and without autoprobe
for data in "$number-0048\\n" "$number-0048" "$number-0049" "$number-0077" '' 'x'; do write bus/i2c/drivers_probe "$data"; done
delete 0x48
for word in 0 '0\n' 00; do
    write bus/i2c/drivers_autoprobe "$word"
    printf 'drivers_autoprobe is %s\n' "$(cat "$root/bus/i2c/drivers_autoprobe")"
done
new 'lm75 0x48'
write bus/i2c/drivers_probe "$number-0048"
delete 0x48
for word in 1 x 'yes\n' '' '\n'; do
    write bus/i2c/drivers_autoprobe 0
    write bus/i2c/drivers_autoprobe "$word"
    printf 'drivers_autoprobe is %s\n' "$(cat "$root/bus/i2c/drivers_autoprobe")"
done
write bus/i2c/drivers_autoprobe 1
new 'lm75 0x48'
delete 0x48
delete 0x49
delete 0x4f
