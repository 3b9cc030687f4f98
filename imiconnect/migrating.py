"""An operation for the migration that begins an app: all of its tables, rendered once."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation, OperationCategory


class CreateModels(Operation):
    """Create the tables of many models whose classes are rendered together, once.

    After a ``CreateModel`` Django renders every model anew that hangs together with the new
    one: for a hundred models that is most of the time of a first migration.
    """

    category = OperationCategory.ADDITION
    serialization_expand_args = ["operations"]

    def __init__(self, operations: Sequence[CreateModel]) -> None:
        """Take an operation for each model."""
        self.operations = operations

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return what a migration's file says of it."""
        return type(self).__qualname__, [self.operations], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Add the models; whoever asks for their classes has them rendered."""
        # As ProjectState.clear_delayed_apps_cache() does.
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Create the tables, in the order given."""
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop the tables, the last one first."""
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Return what ``migrate`` says of it."""
        return f"Create {len(self.operations)} models"
