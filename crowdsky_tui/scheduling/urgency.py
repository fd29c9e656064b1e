"""How much a target is due, as a factor. Pure."""

ROUTINE, NEVER = 0.2, 0.75
ALERT_H = 48.0


def urgency(
    *,
    cadence_d: float | None = None,
    since_d: float | None = None,
    nights_left: int | None = None,
    alert_h: float | None = None,
) -> float:
    """The greatest of what applies, 0 to 1.

    Parameters
    ----------
    cadence_d, since_d
        Days between two visits, and since the last that is proved; None: none, never.
    nights_left
        Nights with a free slot until a deadline, without tonight.
    alert_h
        Hours since an alert; it fades over 48.
    """
    found = [ROUTINE]
    if cadence_d is not None:
        found = [NEVER if since_d is None else min(1.0, max(since_d, 0.0) / (2 * cadence_d))]
    if nights_left is not None:
        found.append(1 / (1 + max(nights_left, 0)))
    if alert_h is not None:
        found.append(min(1.0, max(0.0, 1 - alert_h / ALERT_H)))
    return max(found)
