"""What a shape is, and how it refuses."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

Schema = dict[str, Any]
Errors = dict[str, list[str]]


class Refused(Exception):
    """A value has the wrong shape: sentences by field, the path relative to the value ("" is itself)."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(errors)
        self.errors = errors

    def under(self, name: str) -> Errors:
        """The same errors as seen from the value that holds this one under a name."""
        return {f"{name}.{path}" if path else name: texts for path, texts in self.errors.items()}


def refuse(text: str) -> NoReturn:
    """Refuse the value itself with a sentence."""
    raise Refused({"": [text]})


class Shape(Protocol):
    """Reads one value of JSON (or text of a query) into what the services take."""

    def read(self, value: Any) -> Any:
        """The value as services take it; Refused if it has another shape."""
        ...

    def schema(self) -> Schema:
        """The JSON Schema of what `read` accepts."""
        ...
