"""The instruments' newest pictures for the house: small, as PNG, each told once."""

import asyncio
import struct
import zlib
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.mqtt_settings import MqttSettings
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.background.house_messages import picture_topics
from crowdsky_tui.night.newest_picture import draw_picture, newest_picture

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

SIDE = 240
"""Pixels of the longer side: at most 170 KB."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
RETRY_S = 60.0
"""Real seconds after which a picture that could not be had is asked for again."""


class HousePictures:
    """Draws what is new; `messages` has the payloads by topic."""

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._drawn: dict[str, tuple[str, bytes]] = {}
        self._failed: dict[str, tuple[str, float]] = {}

    async def messages(self, mqtt: MqttSettings) -> dict[str, bytes]:
        """The newest picture of each instrument that has one.

        One that cannot be drawn is left as it was: nothing of the house depends on it.
        """
        told = {}
        for name, topic in picture_topics(mqtt, self._night.store.scopes).items():
            newest = await newest_picture(self._night, name)
            if newest is not None:
                await self._draw(name, newest.name)
            if name in self._drawn:
                told[topic] = self._drawn[name][1]
        return told

    async def _draw(self, name: str, picture: str) -> None:
        now = asyncio.get_running_loop().time()
        failed, at = self._failed.get(name, ("", 0.0))
        if self._drawn.get(name, ("",))[0] == picture or (failed == picture and now - at < RETRY_S):
            return
        try:
            preview = await draw_picture(self._night, name, picture, SIDE, SIDE)
        except CrowdSkyError:
            self._failed[name] = picture, now
            return
        self._drawn[name] = picture, await asyncio.to_thread(png_of, preview)


def png_of(preview: Preview) -> bytes:
    """A picture as PNG, without a word in it. Source: PNG specification, W3C, 11.2."""
    row = 3 * preview.width
    lines = b"".join(
        b"\0" + preview.rgb[at : at + row] for at in range(0, row * preview.height, row)
    )
    head = struct.pack(">IIBBBBB", preview.width, preview.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
