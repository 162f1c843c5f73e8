"""What Alembic runs: on the connection, and in the transaction, of `orchestrator.db.schema`."""

from alembic import context

from orchestrator.db.models import Execution

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Execution.metadata,
    compare_type=True,
    render_as_batch=True,
)
context.run_migrations()
