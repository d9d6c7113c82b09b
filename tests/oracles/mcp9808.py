"""Microchip MCP9808.  Its sheet has a formula (DS25095A, equation 5-1), and no worked number."""

from tests.oracles import Kernel, Peer, Readings

TEMP: Readings = {"temp": "temperature"}
STEP = 0.0313  # half of 1/16 °C

PEERS = [
    Peer("mcp9808", "adafruit-circuitpython-mcp9808==3.3.32", "adafruit_mcp9808.MCP9808", TEMP, STEP),
    Peer("mcp9808", "micropython-mcp9808==0.2.1", "micropython_mcp9808.mcp9808.MCP9808", TEMP, STEP, bus="machine"),
]

KERNEL = [
    Kernel(
        "mcp9808",
        "jc42",
        "jc42",
        {"temp": "temp1_input"},
        tolerance=0.0323,  # half a step of 1/16 °C, and 1 m°C cut off
        speed=20,  # it converts four times a second
        settle=0.05,
    ),
]
