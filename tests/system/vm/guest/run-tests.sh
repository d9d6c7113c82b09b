# Runs this machine's tests with their output on the serial line, reports their status, and switches the machine off.
exec <"$SERIAL" >"$SERIAL" 2>&1
stty raw -echo
cd "$CHECKOUT" || exit
# through cat, else pytest draws its progress for a terminal
{
    { [ -z "$PACKAGE" ] || dpkg -i "$PACKAGE"; } &&
        "$PYTHON" -m pytest -c tests/system/vm/guest/pytest.ini "tests/system/vm/guest/test_$I2CDRV_VM"*.py
    echo "@vm exit $?"
} 2>&1 | cat
"$PYTHON" -c "import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)"
exec sleep 1000
