# Runs this machine's tests with their output on the serial line, says how they ended, and waits to be switched off.
exec <"$SERIAL" >"$SERIAL" 2>&1
stty raw -echo
cd "$CHECKOUT" || exit
"$PYTHON" -m pytest -c tests/vm/guest/pytest.ini "tests/vm/guest/test_$I2CDRV_VM.py"
echo "@vm exit $?"
exec sleep 1000
