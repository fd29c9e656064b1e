"""Whether somebody else is at work with a rig's devices."""

from crowdsky_tui.base.errors import DeviceError
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.mount import Mount
from crowdsky_tui.instruments.rig.rig_parts import RigParts


async def used_by_others(
    parts: RigParts, mount: Mount | None, camera: Camera | None, *, just_seen: bool
) -> str:
    """A sentence that says what others do with mount or camera; "" where nobody does.

    `just_seen`: what was read of the mount last is new. `camera` is None where it takes frames of
    ours, too. A camera that does not answer keeps nobody from stopping or parking the mount; what
    the mount raises is raised: DeviceError.
    """
    if mount is not None:
        await parts.opened("mount")
        others = mount.used_by_others(mount.seen if just_seen else await mount.read())
        if others:
            return others
    if camera is None:
        return ""
    try:
        await parts.opened("camera")
        exposes = await camera.exposes() and not camera.begun_here
    except DeviceError:
        return ""
    return "its camera takes a picture that was not begun here" if exposes else ""
