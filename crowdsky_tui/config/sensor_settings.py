"""Settings of sensors, and of what is done when they say that it is not safe to observe."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import MINUTES, SECONDS


class SensorSettings(Section, frozen=True):
    """One sky quality meter, cloud sensor or weather station."""

    name: Annotated[str, says("What it is called on screen. Empty: its kind.")] = ""
    kind: Annotated[
        Literal[
            "json",
            "json_url",
            "sqm",
            "cloudwatcher",
            "solo",
            "boltwood",
            "alpaca_safety",
            "alpaca_weather",
            "indi_weather",
            "mqtt",
        ],
        says(
            'What it is: "sqm" (Unihedron SQM-LE or SQM-LU), "cloudwatcher" (AAG, serial line),'
            ' "solo" (AAG Solo, network), "boltwood" (the one-line file of many weather programs),'
            ' "json" (a board that sends one JSON object a line), "json_url" (a web address that'
            ' answers one), "alpaca_safety" or "alpaca_weather" (a SafetyMonitor or'
            ' ObservingConditions device of an ASCOM Alpaca server), "indi_weather" (a weather'
            ' station of an INDI server), "mqtt" (a topic of the broker of [mqtt], JSON in it).'
        ),
    ] = "json"
    address: Annotated[
        str,
        says(
            'Where it is: a serial port such as "/dev/ttyUSB0", "host:port", a file, or a web'
            ' address of your own network. Of Alpaca "host:port", or "host:port/1" for the second'
            ' device of its kind; of INDI "host:port/Device Name"; of MQTT the topic.',
            "/dev/ttyUSB0",
        ),
    ] = ""
    baud: Annotated[
        int, Meta(ge=0, le=4_000_000), says("Speed of its serial port. 0: as its kind usually has.")
    ] = 0
    period: Annotated[
        Annotated[float, Meta(ge=1, le=3600)],
        says("How often it is asked.", unit=SECONDS),
    ] = 60.0
    limit: Annotated[
        Annotated[float, Meta(ge=5, le=3600)],
        says("How old its last reading may be; an older one is unsafe.", unit=SECONDS),
    ] = 180.0
    safety: Annotated[
        Literal["auto", "yes", "no"],
        says(
            'Whether it decides if it is safe to observe: "auto" (if its kind tells that; a sky'
            ' quality meter does not), "yes" or "no" (only shown).'
        ),
    ] = "auto"
    zone: Annotated[
        str,
        says(
            'With kind = "boltwood": zone of the machine that writes the file. Empty: the site\'s.'
        ),
    ] = ""

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.kind


class SafetySettings(Section, frozen=True):
    """What is done when the sensors say that it is not safe to observe. No sensor: nothing."""

    on_unsafe: Annotated[
        Literal["tell", "stop", "park"],
        says(
            'What is done with the telescopes when it becomes unsafe: "tell" (you are told),'
            ' "stop" (they stop observing) or "park" (they stop and fold).'
        ),
    ] = "tell"
    others: Annotated[
        Literal["leave", "take"],
        says(
            "What is done with a telescope that somebody else drives (the phone, another program)"
            ' when on_unsafe would stop or park it: "leave" (it goes on, and you are told every'
            ' five minutes) or "take" (it is stopped or parked, too).'
        ),
    ] = "leave"
    delay: Annotated[
        Annotated[float, Meta(ge=0, le=720)],
        says("How long all sensors have to be safe until it counts as safe again.", unit=MINUTES),
    ] = 15.0
    cloudy: Annotated[
        Annotated[float, Meta(ge=-60, le=20)],
        says("From how many °C of sky minus air a CloudWatcher's sky is cloudy."),
    ] = -25.0
    very_cloudy: Annotated[
        Annotated[float, Meta(ge=-60, le=20)], says("From how many it is very cloudy.")
    ] = -15.0
    windy: Annotated[
        Annotated[float, Meta(gt=0, le=200)], says("From how many km/h on it is windy.")
    ] = 50.0
    wet: Annotated[
        Annotated[float, Meta(ge=0, le=10000)],
        says("At and below which frequency of a CloudWatcher's rain sensor it is wet."),
    ] = 2200.0


def check_sensors(sensors: Sequence[SensorSettings], safety: SafetySettings) -> None:
    """ValueError if a sensor cannot be asked, two share a name, or the limits are out of order."""
    from crowdsky_tui.base.clock import zone_named

    for sensor in sensors:
        if not sensor.address:
            raise ValueError(f"sensors.address is missing for {sensor.label}")
        if sensor.zone:
            zone_named(sensor.zone)
    twice = [name for name, count in Counter(each.label for each in sensors).items() if count > 1]
    if twice:
        raise ValueError(f"two sensors are called {twice[0]}: give each its own name")
    if safety.very_cloudy < safety.cloudy:
        raise ValueError("safety.very_cloudy must not be below safety.cloudy")
