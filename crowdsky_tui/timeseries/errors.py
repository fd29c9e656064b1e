"""The refusal of what cannot be worked out. Imports no numpy, so that the app can."""

from crowdsky_tui.base.errors import CrowdSkyError


class CurveRefused(CrowdSkyError):
    """Something cannot be worked out from these points."""
