"""What Alembic runs: the steps that are missing, in the transaction of its caller."""

from alembic import context

from crowdsky_tui.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
