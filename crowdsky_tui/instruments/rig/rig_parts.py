"""The devices of a rig as parts with their own words, each made sure of before it is used."""

from collections.abc import Sequence

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings, Role
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.devices import RigDevices
from crowdsky_tui.instruments.rig.mount import Mount
from crowdsky_tui.instruments.rig.parts import Heater, Wheel
from crowdsky_tui.instruments.rig.shared import shared_focuser, shared_mount


class RigParts:
    """Mount, camera, wheel and heater; None for what the rig has not.

    `shared_mount` and `focuser_gate` are those of every rig with the same mount and focuser.
    """

    def __init__(
        self,
        settings: InstrumentSettings,
        devices: Sequence[DeviceSettings],
        clock: Clock,
        *,
        read_s: float,
    ) -> None:
        self.devices = RigDevices(devices, read_s=read_s)
        mount, camera = self.devices.get("mount"), self.devices.get("camera")
        wheel, heater = self.devices.get("wheel"), self.devices.get("heater")
        switch = next((each.switch for each in devices if each.role == "heater"), 0)
        by_role = {each.role: each for each in devices}
        self.shared_mount = shared_mount(by_role.get("mount"))
        self.focuser_gate = shared_focuser(by_role.get("focuser"))
        self.mount = Mount(mount, clock, settings.settle, self.shared_mount) if mount else None
        self.camera = Camera(camera, settings.exposure) if camera else None
        self.wheel = Wheel(wheel) if wheel else None
        self.heater = Heater(heater, switch) if heater else None

    async def opened(self, role: Role) -> None:
        """Make sure that a device is connected, and that it was asked for its ranges since."""
        if self.devices.is_open(role):
            return
        await self.devices.open(role)
        learns = {"camera": self.camera, "wheel": self.wheel, "heater": self.heater}
        part = learns.get(role)
        if part is not None:
            await part.learn()
