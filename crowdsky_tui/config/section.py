"""What all sections of the settings are made of."""

import msgspec
from msgspec import Meta

from crowdsky_tui.config.units import Unit


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all sections: immutable, no unknown keys."""


def says(meaning: str, example: object = None, unit: Unit | None = None) -> Meta:
    """What a setting means, as sentences; `example` is a value in TOML's types."""
    examples = None if example is None else [example]
    return Meta(
        description=meaning, examples=examples, extra=None if unit is None else {"unit": unit}
    )
