"""What the projects of curves know against a stack, told where stacks are reviewed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.curves.frame_words import frame_words
from crowdsky_tui.curves.product import Product
from crowdsky_tui.curves.project import effective
from crowdsky_tui.review.stack_review import ReviewItem

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.night.interfaces import NightParts


async def with_frame_words(
    night: "NightParts", items: Iterable[ReviewItem]
) -> tuple[ReviewItem, ...]:
    """The stacks, each with what its measurement says against it as one more hint.

    Only measurements with a project's present parameters count. A trouble of the database takes
    nothing from the review.
    """
    given = tuple(items)
    database = night.records.database
    if not any(each.sha256 for each in given):
        return given
    try:
        if not await database.is_there():
            return given
        words = await database.run(_words)
    except CrowdSkyError:
        return given
    return tuple(
        msgspec.structs.replace(each, hints=(*each.hints, words[each.sha256]))
        if each.sha256 in words
        else each
        for each in given
    )


def _words(connection: "sa.Connection") -> dict[str, str]:
    from crowdsky_tui.curves import rows

    found: dict[str, str] = {}
    for project in rows.projects(connection):
        made = effective(project).sha256
        products: dict[str, Product] = rows.products(connection, project.name)
        found |= frame_words(each for each in products.values() if each.pars_hash == made)
    return found
