"""Projects, products and points in the database. Imports SQLAlchemy; for the database's thread."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from crowdsky_tui.curves.product import FRAME, Product
from crowdsky_tui.curves.project import Project
from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import curve_point, curve_product, curve_project
from crowdsky_tui.photometry.frame_messages import StarPoint


def projects(connection: sa.Connection) -> tuple[Project, ...]:
    """All projects by name; one that this version cannot read is left where it is."""
    found = []
    for (body,) in connection.execute(
        sa.select(curve_project.c.body).order_by(curve_project.c.name)
    ):
        try:
            found.append(msgspec.json.decode(body, type=Project))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def save_project(connection: sa.Connection, project: Project, now: datetime) -> None:
    """Write a project, new or changed."""
    values = {
        "name": project.name,
        "changed_at": now,
        "body": msgspec.json.encode(project, order="deterministic").decode(),
    }
    add = insert_into(connection, curve_project).values(values)
    connection.execute(add.on_conflict_do_update(index_elements=["name"], set_=values))


def delete_project(connection: sa.Connection, name: str) -> int:
    """Delete a project with all that was made of it; how many frames that were. No file goes."""
    connection.execute(sa.delete(curve_point).where(curve_point.c.project == name))
    here = curve_product.c.project == name
    frames = connection.execute(sa.delete(curve_product).where(here, curve_product.c.kind == FRAME))
    connection.execute(sa.delete(curve_product).where(here))
    connection.execute(sa.delete(curve_project).where(curve_project.c.name == name))
    return int(frames.rowcount)


def products(connection: sa.Connection, project: str) -> dict[str, Product]:
    """The frames' products by key."""
    rows = connection.execute(
        sa.select(curve_product.c.body)
        .where(curve_product.c.project == project, curve_product.c.kind == FRAME)
        .order_by(curve_product.c.key)
    )
    found = [msgspec.json.decode(body, type=Product) for (body,) in rows]
    return {each.key: each for each in found}


def save_product(
    connection: sa.Connection, project: str, product: Product, points: Iterable[StarPoint]
) -> None:
    """Write a frame with its points, all or nothing; the points that it had before go."""
    values = {
        "project": project,
        "kind": FRAME,
        "key": product.key,
        "state": product.state.value,
        "input_hash": product.input_hash,
        "pars_hash": product.pars_hash,
        "tried_at": product.tried_at,
        "body": msgspec.json.encode(product).decode(),
    }
    add = insert_into(connection, curve_product).values(values)
    index = ["project", "kind", "key"]
    connection.execute(add.on_conflict_do_update(index_elements=index, set_=values))
    here = (curve_point.c.project == project) & (curve_point.c.frame == product.key)
    connection.execute(sa.delete(curve_point).where(here))
    rows = {
        each.name: {
            "project": project,
            "frame": product.key,
            "star": each.name,
            "body": msgspec.json.encode(each).decode(),
        }
        for each in points
    }
    if rows:
        connection.execute(sa.insert(curve_point), list(rows.values()))


def points(connection: sa.Connection, project: str) -> dict[str, list[StarPoint]]:
    """The points by their frame's key, each frame's by name."""
    rows = connection.execute(
        sa.select(curve_point.c.frame, curve_point.c.body)
        .where(curve_point.c.project == project)
        .order_by(curve_point.c.frame, curve_point.c.star)
    )
    found: dict[str, list[StarPoint]] = {}
    for frame, body in rows:
        found.setdefault(frame, []).append(msgspec.json.decode(body, type=StarPoint))
    return found
