"""Every public name of the tool box behind the ground is here, or left out for a reason."""

import re
from pathlib import Path

HERE = Path(__file__).parents[2]
TEXT = (HERE / "docs/design/left-out.md").read_text().partition("## Every public name")[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| `")
]
IN_THE_DOCUMENT = """
get_config set_config load_config save_config reset_config parse_config_directories
server_is_running config_server get_config_entry set_config_entry heartbeat CustomJSONEncoder
AbstractPanDB PanDB PanFileDB PanMemoryDB insert insert_current get_current find clear_current
create_storage_obj get_db_class get_or_create active_dbs permanently_erase_database
get_rgb_data get_rgb_masks get_pixel_color get_stamp_slice get_rgb_background crop_data
mask_saturated make_pretty_image make_timelapse focus_metric vollath_F4 getdata getheader getval
getwcs write_fits update_observation_headers fpack funpack solve_field get_solve_field get_wcsinfo
add_colorbar add_pixel_grid animate_stamp get_palette show_stamps
cr2_to_fits cr2_to_pgm read_exif read_pgm
SerialData get_serial_port_info NoOpSerial BuffersSerial GetWBufferValue ResetBuffers
SetRBufferValue serial_class_for_url ExampleSerialClassForUrl ArduinoSimulator
FakeArduinoSerialHandler SocialSlack social.twitter
PanError ArduinoDataError BadConnection BadSerialConnection NotFound CameraNotFound MountNotFound
DomeNotFound InvalidCommand InvalidMountCommand InvalidSystemCommand InvalidConfig
InvalidObservation NoObservation InvalidSerialization InvalidDeserialization IllegalValue
NotSupported SolveError Timeout GoogleCloudError TheSkyXError TheSkyXKeyError TheSkyXTimeout
load_c_library load_module TheSkyX logger Horizon altaz_to_radec get_free_space
get_quantity_value image_id_from_path sequence_id_from_path listify moving_average
string_to_params DelaySigTerm current_time flatten_time CountdownTimer wait_for_events
StringYAML to_json from_json to_yaml from_yaml serialize_object serialize_all_objects
deserialize_all_objects
"""
NAMES = IN_THE_DOCUMENT.split()


def test_every_name_has_its_row_and_only_one() -> None:
    listed = [name for row in ROWS for name in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(listed) == sorted(NAMES)


def test_a_row_names_a_file_that_is_there_or_says_why_it_is_left_out() -> None:
    for _, here in (row[:2] for row in ROWS):
        paths = re.findall(r"`([\w/]+\.py)`", here)
        assert paths or here.startswith("left out"), here
        assert not here.startswith("left out") or len(here) > len("left out: "), here
        missing = [path for path in paths if not (HERE / "crowdsky_tui" / path).is_file()]
        assert missing == [], here
