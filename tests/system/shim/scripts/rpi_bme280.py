import bme280
import smbus2

bus = smbus2.SMBus(1)
calibration = bme280.load_calibration_params(bus, 0x77)
for _ in range(20):
    sample = bme280.sample(bus, 0x77, calibration)
print(f"{sample.temperature:.2f} {sample.pressure:.2f} {sample.humidity:.2f}")
