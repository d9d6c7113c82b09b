from luma.core.interface.serial import i2c
from luma.core.render import canvas
from luma.oled.device import ssd1306

device = ssd1306(i2c(port=1, address=0x3C))
for row in range(5):
    with canvas(device) as draw:
        draw.rectangle(device.bounding_box, outline="white", fill="black")
        draw.text((10, 10 + row), "i2cdrv", fill="white")
print("5 frames")
