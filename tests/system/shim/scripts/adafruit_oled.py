import adafruit_ssd1306
import board

oled = adafruit_ssd1306.SSD1306_I2C(128, 64, board.I2C(), addr=0x3D)
for frame in range(5):
    oled.fill(frame % 2)
    oled.show()
print("5 frames")
