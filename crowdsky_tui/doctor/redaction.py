"""Takes secrets and places out of text that leaves this machine in a bug report."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from crowdsky_tui.base.redaction import HIDDEN, hide_for_file, hide_places
from crowdsky_tui.base.secret_forms import SHORTEST, Secrets
from crowdsky_tui.config.load import SECRET_KEYS, Settings
from crowdsky_tui.config.scope_settings import scope_name

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PLACES = ("automatic.latitude", "automatic.longitude", "site.latitude", "site.longitude")


class Redaction:
    """`apply` hides what the settings call secret, what looks like a secret, and whose it is.

    Secrets are found in every form (`secretforms`). Serials keep their first four characters, to
    tell telescopes apart.
    """

    def __init__(self, settings: Settings, serials: Iterable[str] = ()) -> None:
        tree = msgspec.to_builtins(settings)
        values = {key: tree[section][name] for key, section, name in map(_parts, SECRET_KEYS)}
        self._places = {float(values.pop(key) or 0) for key in PLACES} - {0.0}
        user = settings.server.username
        self._secrets = Secrets(map(str, values.values()), [user])
        self._user = Secrets([user])
        names = set(map(scope_name, settings.scopes))
        mine = [scope.serial for scope in settings.scopes if scope.serial]
        self._serials = [
            (Secrets([serial]), f"{serial[:SHORTEST]}…")
            for serial in sorted({*mine, *serials} - names, key=len, reverse=True)
            if len(serial) > SHORTEST
        ]
        self._home = str(Path.home())

    def apply(self, text: str) -> str:
        """The text without them."""
        text = self._secrets.hide(text, HIDDEN)
        text = self._user.hide(text, "(user)")
        for serial, shown in self._serials:
            text = serial.hide(text, shown)
        if self._home != "/":
            text = text.replace(self._home, "~")
        text = hide_places(hide_for_file(text), self._places)
        return _MAIL.sub(HIDDEN, text)


def _parts(key: str) -> tuple[str, str, str]:
    section, _, name = key.partition(".")
    return key, section, name
