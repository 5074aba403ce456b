"""Shapes of what holds other values: objects of known fields, maps, lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.api.shapes.base import Errors, Refused, Schema, Shape, refuse
from apps.api.shapes.texts import read_text


class _LeftOut:
    """No default: a field that was left out is not among the values."""


LEFT_OUT = _LeftOut()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object; with a default, leaving it out means the default.

    With `null_is_absent`, null says the same as leaving it out: for what answers show as null too.
    """

    shape: Shape
    required: bool
    default: Any = LEFT_OUT
    null_is_absent: bool = False


def needed(shape: Shape) -> Field:
    """A field that must be given."""
    return Field(shape, required=True)


def optional(shape: Shape, default: Any = LEFT_OUT) -> Field:
    """A field that may be left out; without a default it is then not among the values."""
    return Field(shape, required=False, default=default)


def absent(shape: Shape, default: Any = LEFT_OUT) -> Field:
    """An optional field that may also be null, which means the same as leaving it out."""
    return Field(shape, required=False, default=default, null_is_absent=True)


class Fields:
    """An object of known fields, read as a dict; unknown ones are refused. A named one is a component.

    `needs` names fields that make sense only with another; `check` looks at the values together and
    answers errors by field.
    """

    def __init__(
        self,
        name: str,
        fields: Mapping[str, Field],
        *,
        check: Callable[[Mapping[str, Any]], Errors] | None = None,
        example: Any = None,
        needs: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.fields, self.check, self.example = name, dict(fields), check, example
        self.needs = dict(needs or {})

    @property
    def may_be_empty(self) -> bool:
        """Whether an object without any field can be right, so that a body may be left out."""
        return not any(field.required for field in self.fields.values())

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse("Give an object.")
        errors: Errors = {name: ["Unknown field."] for name in value if name not in self.fields}
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            if name in value and not (field.null_is_absent and value[name] is None):
                try:
                    values[name] = field.shape.read(value[name])
                except Refused as refused:
                    errors |= refused.under(name)
            elif field.required:
                errors[name] = ["This field is required."]
            elif field.default is not LEFT_OUT:
                values[name] = field.default
        errors = errors or self._together(values)
        if errors:
            raise Refused(errors)
        return values

    def _together(self, values: Mapping[str, Any]) -> Errors:
        """What is wrong between values that are right by themselves."""
        lacking = {
            name: [f"This needs {other} too."]
            for name, other in self.needs.items()
            if name in values and other not in values
        }
        return lacking or (self.check(values) if self.check else {})

    def schema(self) -> Schema:
        found: Schema = {
            "type": "object",
            "properties": {name: _with_default(field) for name, field in self.fields.items()},
            "additionalProperties": False,
        }
        required = [name for name, field in self.fields.items() if field.required]
        if required:
            found["required"] = required
        if self.needs:
            found["allOf"] = [_needing(name, other) for name, other in self.needs.items()]
        if self.example is not None:
            found["examples"] = [self.example]
        return found


def _needing(name: str, other: str) -> Schema:
    """Where the one is given, the other is too; null is not given."""
    absent_one = {"properties": {name: {"type": "null"}}}
    return {"anyOf": [absent_one, {"required": [other], "properties": {other: {"type": "string"}}}]}


def _with_default(field: Field) -> Schema:
    schema = field.shape.schema()
    if field.null_is_absent:
        schema = {"anyOf": [schema, {"type": "null"}]}
    if isinstance(field.default, str | int):
        return {**schema, "default": field.default}
    return schema


class Nullable:
    """A value, or null where null means something."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def read(self, value: Any) -> Any:
        return None if value is None else self.shape.read(value)

    def schema(self) -> Schema:
        return {"anyOf": [self.shape.schema(), {"type": "null"}]}


class Map:
    """An object whose fields are named by the caller: text → value of one shape."""

    def __init__(self, shape: Shape, *, most: int, longest: int = 100) -> None:
        self.shape, self.most, self.longest = shape, most, longest

    def read(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse("Give an object.")
        if len(value) > self.most:
            refuse(f"Give at most {self.most} entries.")
        errors: Errors = {}
        values = {}
        for name, item in value.items():
            try:
                values[self._name(name)] = self.shape.read(item)
            except Refused as refused:
                errors |= refused.under(name)
        if errors:
            raise Refused(errors)
        return values

    def _name(self, name: str) -> str:
        if not 1 <= len(name) <= self.longest:
            refuse(f"Name it with 1 to {self.longest} characters.")
        return read_text(name)

    def schema(self) -> Schema:
        return {
            "type": "object",
            "additionalProperties": self.shape.schema(),
            "propertyNames": {"minLength": 1, "maxLength": self.longest, "pattern": r"^[^\u0000]+$"},
            "maxProperties": self.most,
        }


class Items:
    """A list of values of one shape; errors are named by place, from 0."""

    def __init__(self, shape: Shape, *, least: int, most: int) -> None:
        self.shape, self.least, self.most = shape, least, most

    def read(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            refuse("Give a list.")
        if not self.least <= len(value) <= self.most:
            refuse(f"Give {self.least} to {self.most} items.")
        errors: Errors = {}
        values = []
        for place, item in enumerate(value):
            try:
                values.append(self.shape.read(item))
            except Refused as refused:
                errors |= refused.under(str(place))
        if errors:
            raise Refused(errors)
        return values

    def schema(self) -> Schema:
        return {
            "type": "array",
            "items": self.shape.schema(),
            "minItems": self.least,
            "maxItems": self.most,
        }
