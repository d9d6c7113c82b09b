import time

from bme280 import BME280
from smbus2 import SMBus

sensor = BME280(i2c_addr=0x77, i2c_dev=SMBus(1))
sensor.get_temperature()  # its first reading is the chip's reset value
time.sleep(0.5)
print(f"{sensor.get_temperature():.2f} {sensor.get_pressure():.2f} {sensor.get_humidity():.2f}")
