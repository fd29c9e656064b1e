"""Calls about the account at the server, and what may be sent of the observer's place."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.sign_in import keep_login, keep_scrub, scrub_decided, tried

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class SignIn(Call[str], frozen=True):
    """Try a login and keep it if it is taken; a plain line. AuthRefused if it is not."""

    patience_s: ClassVar[float] = SLOW_S
    username: str
    password: str

    def __repr__(self) -> str:
        return "SignIn(...)"

    async def run(self, night: "NightParts") -> str:
        settings = night.settings
        server = await tried(settings.server, self.username, self.password, settings.network)
        note = await asyncio.to_thread(keep_login, night.config_path, server)
        await night.use_settings(msgspec.structs.replace(night.settings, server=server))
        return note


class ScrubDecided(Call[bool], frozen=True):
    """Whether the user has said once if coordinates are taken out of uploads."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S

    async def run(self, night: "NightParts") -> bool:
        return await asyncio.to_thread(scrub_decided, night.config_path)


class KeepPlace(Call[str], frozen=True):
    """Note what the user said: with `scrub` the coordinates are taken out. A plain line."""

    patience_s: ClassVar[float] = SLOW_S
    scrub: bool

    async def run(self, night: "NightParts") -> str:
        note = await asyncio.to_thread(keep_scrub, night.config_path, scrub=self.scrub)
        upload = msgspec.structs.replace(night.settings.upload, scrub_location=self.scrub)
        await night.use_settings(msgspec.structs.replace(night.settings, upload=upload))
        return note
