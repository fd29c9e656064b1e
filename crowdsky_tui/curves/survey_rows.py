"""Surveys' products in the database. Imports SQLAlchemy; for the database's thread."""

import msgspec
import sqlalchemy as sa

from crowdsky_tui.curves.survey_product import KIND, SurveyProduct
from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import curve_product


def survey_products(connection: sa.Connection, project: str = "") -> dict[str, SurveyProduct]:
    """The products of a project by key, or those of all by project and key."""
    query = sa.select(curve_product.c.project, curve_product.c.key, curve_product.c.body)
    query = query.where(curve_product.c.kind == KIND).order_by(curve_product.c.key)
    if project:
        query = query.where(curve_product.c.project == project)
    return {
        key if project else f"{owner}\n{key}": msgspec.json.decode(body, type=SurveyProduct)
        for owner, key, body in connection.execute(query)
    }


def save_survey_product(connection: sa.Connection, project: str, product: SurveyProduct) -> None:
    """Write how far a star of a survey is, in place of what was told before."""
    values = {
        "project": project,
        "kind": KIND,
        "key": product.key,
        "state": product.state.value,
        "input_hash": "",
        "pars_hash": "",
        "tried_at": product.tried_at,
        "body": msgspec.json.encode(product).decode(),
    }
    add = insert_into(connection, curve_product).values(values)
    connection.execute(
        add.on_conflict_do_update(index_elements=["project", "kind", "key"], set_=values)
    )
