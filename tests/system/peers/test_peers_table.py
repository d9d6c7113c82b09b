"""Where each failure of other people's drivers is tried on ours: the table, and that it is true.

A row is a fault that users met, and below it the tests that would find it here; or the reason of their absence.

adafruit-register 1.13.0: one buffer for the registers of all devices, filled before the lock is taken
    tests/system/peers/test_peers_sharing.py::test_two_threads_on_one_bus_never_read_or_write_each_others_register
    tests/unit/core/test_bus.py::test_only_the_kthread_touches_the_adapter
    tests/unit/core/test_bus.py::test_threads_may_sample_and_write_one_device
pca9685: a duty cycle written before auto-increment is on puts 4 bytes into one register
    none: no driver writes more than one register in a transfer
    tests/unit/driver/test_regmap.py::test_writing_a_register_is_one_transfer
mcp9808: negative limits as sign and magnitude, −10 °C is written 0x10A0
    tests/system/peers/test_peers_values.py::test_a_limit_of_minus_10_degrees_is_0x1f60_and_not_minus_246
    tests/unit/drivers/test_mcp9808.py::test_limits_are_written_and_read_in_twos_complement
    tests/unit/drivers/test_lm75.py::test_limits_are_written_and_read_in_twos_complement
ads1x15 3.0.5: the first value after a switch is the configuration register, −1.968 V
    tests/system/peers/test_peers_values.py::test_first_value_after_a_change_of_settings_is_one_of_the_new_settings
    tests/unit/drivers/test_every_driver.py::test_every_word_of_every_parameter_gives_right_samples_at_once
mpu6050: filter_bandwidth writes the bits of EXT_SYNC
    tests/system/peers/test_peers_values.py::test_a_setting_changes_its_own_bits_and_leaves_every_other_one_alone
    tests/unit/drivers/test_every_file.py::test_no_two_declarations_share_bits
    tests/unit/driver/test_register.py::test_a_field_changes_its_own_bits_and_no_other
    tests/unit/drivers/test_mcp9808.py::test_leaves_the_other_bits_of_the_configuration_alone
    tests/unit/drivers/test_lm75.py::test_other_bits_of_the_configuration_stay_as_they_are
mpu6050: rad/s where the documentation has deg/s
    tests/unit/drivers/test_every_file.py::test_every_channel_has_a_name_and_a_unit
scd4x: a calibration that failed, 0xFFFF, is never noticed
    tests/system/peers/test_peers_values.py::test_an_answer_of_nothing_but_ones_is_a_failure_even_with_a_right_crc
    tests/unit/driver/test_command.py::test_a_wire_that_stays_high_or_low_is_no_answer
htu21d, ahtx0, bmp3xx, ads1x15, bme280: endless loop on a lost or stuck bus
    tests/system/peers/test_peers_stuck.py::test_no_accident_in_the_middle_of_a_sample_gives_a_wrong_value
    tests/system/peers/test_peers_stuck.py::test_probe_of_a_chip_that_does_not_answer_ends_with_an_error
    tests/unit/drivers/test_bme280.py::test_waits_only_a_limited_time_for_the_trimming_words
    tests/unit/drivers/test_bme280.py::test_a_chip_that_does_not_finish_is_an_error_and_not_the_value_of_before
    tests/unit/driver/test_regmap.py::test_poll_ends_at_its_limit_and_reports_the_value_found
vl53l0x: a time-out of 0 lasts forever
    none: no parameter is a time-out
    tests/unit/core/test_bus.py::test_a_sample_that_never_ends_is_timed_out
bme280 with SDA low, lis3dh with SDA high: −140.9 °C and −0.007 m/s² as data
    tests/system/peers/test_peers_stuck.py::test_forced_bme280_with_sda_held_low_gives_no_value
    tests/system/peers/test_peers_stuck.py::test_a_chip_that_cannot_answer_gives_an_error_each_time
    tests/system/peers/test_peers_stuck.py::test_a_first_sample_on_a_bus_that_died_after_probe_is_no_wrong_value
bme280, bmp3xx, lis3dh, adxl34x: register number, STOP, read
    tests/system/peers/test_peers_sharing.py::test_another_program_between_two_transfers_changes_no_value
    tests/system/peers/test_peers_sharing.py::test_each_register_is_read_in_one_transfer_with_its_number
    tests/unit/driver/test_regmap.py::test_reading_a_field_is_one_combined_transfer
    tests/unit/i2c/test_i2cdev.py::test_write_and_read_are_one_transfer
pimoroni-bme280: `r - 1 << 12` for negative H4 and H5
    tests/system/peers/test_peers_values.py::test_negative_h4_and_h5_and_the_unsigned_h3_give_the_humidity_that_is_there
    tests/unit/drivers/test_bme280.py::test_measures_below_zero_with_words_that_only_a_signed_reading_gets_right
    tests/unit/drivers/test_bme280.py::test_floating_point_agrees_with_the_integer_formulas
pimoroni-bme280: the first sample after setup is the power-on pattern
    tests/unit/drivers/test_every_driver.py::test_first_sample_after_power_on_is_a_real_one
    tests/unit/drivers/test_ina219.py::test_first_sample_of_the_slowest_chip_is_a_real_one
    tests/unit/drivers/test_ina226.py::test_first_sample_of_the_slowest_chip_is_a_real_one
RPi.bme280: no chip id is checked
    tests/unit/drivers/test_bme280.py::test_reports_which_other_chip_is_present
    tests/unit/drivers/test_mcp9808.py::test_another_chip_is_recognised_by_reading_alone
    tests/unit/drivers/test_ina226.py::test_another_chip_is_recognised_by_reading_alone
RPi.bme280: dig_H3 is read with a sign
    tests/system/peers/test_peers_values.py::test_negative_h4_and_h5_and_the_unsigned_h3_give_the_humidity_that_is_there
RPi.bme280: the trimming words of an address are kept for whatever chip is there
    tests/unit/drivers/test_bme280.py::test_another_chip_with_other_trimming_words_is_probed_again
enviroplus_exporter: a new list for smoothing at each call
    none: nothing is smoothed
enviroplus_exporter: recovery is to run i2cdetect
    tests/system/peers/test_peers_stuck.py::test_a_chip_is_read_again_one_interval_after_the_accident
ina219: settings are not restored after a brown-out, 0x019F becomes 0x399F
    tests/system/peers/test_peers_power.py::test_ina219_has_its_range_gain_and_averaging_back_after_a_brown_out
sgp40: 500 ms of sleep for a command of 30 ms
    tests/system/peers/test_peers_sharing.py::test_probe_and_sample_wait_no_longer_than_the_sheet_requires
    tests/unit/drivers/test_bme280.py::test_waits_as_long_as_the_sheet_requires_at_every_oversampling
ahtx0: the CRC byte is never read
    tests/system/peers/test_peers_values.py::test_each_bit_of_each_byte_of_an_sht4x_that_is_wrong_is_noticed
    tests/unit/driver/test_command.py::test_any_flipped_bit_is_noticed
tsl2591: two separate reads, and a stale value after a change of gain
    tests/system/peers/test_peers_sharing.py::test_all_values_of_a_sample_are_of_one_moment
    tests/system/peers/test_peers_values.py::test_first_value_after_a_change_of_settings_is_one_of_the_new_settings
every peer: a brown-out is silent, 26.46 °C, 820.4 hPa, 72 % forever
    tests/system/peers/test_peers_power.py::test_brown_out_of_a_bme280_is_noticed_in_the_sample_it_spoils
    tests/system/peers/test_peers_power.py::test_brown_out_at_any_transfer_of_a_sample_gives_no_wrong_value_and_the_next_is_right
    tests/unit/drivers/test_every_driver.py::test_brown_out_between_samples_never_gives_a_wrong_value
adafruit bme280: 118 transactions, 251 bytes, 3 conversions for one reading
    tests/unit/drivers/test_every_driver.py::test_samples_the_truth_in_the_fewest_transfers
Raspberry Pi 0 … 4: one read per transfer, and only as its end (pn532 #19)
    tests/unit/i2c/test_i2cdev.py::test_bcm2835_gets_one_read_per_transfer
    tests/unit/i2c/test_i2cdev.py::test_one_read_last_means_it
I2C_RDWR does not check whether the kernel drives the chip
    tests/unit/i2c/test_i2cdev.py::test_a_claim_names_the_holder
    tests/unit/core/test_bus.py::test_an_address_held_by_the_kernel_is_refused_without_traffic_unless_forced
esphome: only ENXIO is a NACK, a Raspberry Pi reports EREMOTEIO
    tests/system/peers/test_peers_kernel.py::test_a_nack_is_a_nack_by_each_of_its_names
    tests/unit/i2c/test_i2cdev.py::test_faults_of_a_transfer
errno differs by controller: EAGAIN, ETIMEDOUT, EIO
    tests/system/peers/test_peers_kernel.py::test_one_error_once_in_a_while_costs_no_sample
    tests/system/peers/test_peers_kernel.py::test_a_fault_of_the_bus_is_no_chips_fault
    tests/unit/i2c/test_i2cdev.py::test_bcm2835_is_suspected_of_clock_stretching
detection writes: 0xFE resets an HTU21D, 0xD0 switches a TCA9548A, any byte a PCF8574
    tests/unit/core/test_detect.py::test_an_htu21d_is_not_reset
    tests/unit/core/test_detect.py::test_a_multiplexer_keeps_its_channels
    tests/unit/core/test_detect.py::test_nothing_is_written_where_a_byte_may_be_an_order
15 distributions and 4.8 MB for one sensor
    tests/system/peers/test_peers_kernel.py::test_importing_the_package_imports_no_driver_and_no_bus
    tests/system/test_cli.py::test_start_up_imports_nothing_heavy
two packages own the name bme280
    tests/system/test_packaging.py::test_the_wheel_owns_one_top_level_name
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROWS = [line for line in (__doc__ or "").split("\n\n")[-1].splitlines() if line]


@cache
def names_in(file: str) -> set[str]:
    found = ast.walk(ast.parse((ROOT / file).read_text()))
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_named_above_exists() -> None:
    named = [line.strip().split("::") for line in ROWS if "::" in line]
    assert named
    assert [name for file, name in named if name not in names_in(file)] == []


def test_every_failure_above_has_a_test_or_the_reason_why_not() -> None:
    following = [*ROWS[1:], ""]
    bare = [row for row, below in zip(ROWS, following, strict=True) if row[0] != " " and not below.startswith("    ")]
    assert bare == []
