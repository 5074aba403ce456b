"""One use of an operation in an address: model, quantities and options, what is wrong, and the link to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.portal.calculator.typed import TYPED, NumberField, NumberRule, local_text, read_field
from apps.pricing.models import Preset
from apps.pricing.rate_card import ExampleCard, ModelCard, OperationCard, OptionCard, RateCard

MOST = 1_000_000_000
QUANTITY, OPTION = "quantity-", "option-"


@dataclass(frozen=True, slots=True)
class OptionField:
    """A choice as shown: a value of a list, or a number of `number` for bands; `value` is plain text."""

    card: OptionCard
    name: str
    value: str
    number: NumberField | None


@dataclass(frozen=True, slots=True)
class AskedUse:
    """What somebody wants to know the price of; `model_text` is what was typed, `model` one that exists."""

    operation: OperationCard
    model_text: str
    model: ModelCard | None
    quantities: tuple[tuple[str, NumberField], ...]
    options: tuple[OptionField, ...]
    typed: bool
    model_problem: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every part can be read."""
        numbers = [field for _unit, field in self.quantities]
        numbers += [option.number for option in self.options if option.number]
        return self.model is not None and not any(field.problem for field in numbers)

    @property
    def amounts(self) -> dict[str, int]:
        """Micro-units by unit."""
        return {unit: field.micro for unit, field in self.quantities if field.micro}

    @property
    def chosen(self) -> dict[str, str]:
        """The options' values by name."""
        return {option.card.name: option.value for option in self.options}

    def query(self, book: str, model: str | None = None) -> str:
        """The address's query of this use, or of the same by another model; the same for every reader."""
        parts = {"book": book, "operation": self.operation.code}
        name = model if model is not None else self.model_text
        parts |= {"model": name} if name else {}
        parts |= {field.name: field.plain for _unit, field in self.quantities if field.micro}
        parts |= {option.name: option.value for option in self.options}
        return urlencode(parts)


def read_use(query: Mapping[str, str], card: RateCard) -> AskedUse | None:
    """Read an address; what it leaves out is as in the operation's first example. None without operations.

    The mark ``of`` names the operation that a form's fields belong to: where another one was chosen
    since, they count no more.
    """
    offered = [
        operation for operation in card.operations if any(model.chargeable for model in operation.models)
    ]
    wanted = query.get("operation", "")
    first = _beginning(offered)
    operation = next((each for each in offered if each.code == wanted), first)
    if operation is None:
        return None
    stale = query.get("of", wanted) != operation.code or (bool(wanted) and wanted != operation.code)
    given = {} if stale else query
    example = next((each for each in operation.examples if each.price is not None), None)
    models = [model for model in operation.models if model.chargeable]
    text = given.get("model", "").strip()[:200] or _usual_model(example, models)
    model = next((each for each in models if (each.model or "") == text), None)
    typed = TYPED in given
    return AskedUse(
        operation=operation,
        model_text=text,
        model=model,
        quantities=_quantities(operation, given, example, typed=typed),
        options=_options(model, given, example, typed=typed),
        typed=TYPED in query,
        model_problem="" if model else _model_problem(text, models),
    )


def example_url(example: ExampleCard, book: str, operation: str) -> str:
    """The address that works an example out."""
    parts = {"book": book, "operation": operation}
    parts |= {"model": example.model} if example.model else {}
    parts |= {f"{QUANTITY}{unit}": number for unit, number in example.quantities}
    parts |= {f"{OPTION}{name}": value for name, value in example.options}
    return f"{reverse('operation_calculator')}?{urlencode(parts)}"


def preset_query(preset: Preset) -> str:
    """The address's query that works a preset out."""
    parts = {"book": preset.operation.price_book_id, "operation": preset.operation.code}
    parts |= {"model": preset.model} if preset.model else {}
    parts |= {f"{QUANTITY}{unit}": number for unit, number in preset.quantities.items()}
    parts |= {f"{OPTION}{name}": value for name, value in preset.options.items()}
    return urlencode(parts)


def _beginning(offered: list[OperationCard]) -> OperationCard | None:
    """The operation to begin with: one with a worked example."""
    worked = (each for each in offered if any(example.price is not None for example in each.examples))
    return next(worked, next(iter(offered), None))


def _usual_model(example: ExampleCard | None, models: list[ModelCard]) -> str:
    if example is not None:
        return example.model or ""
    return (models[0].model or "") if models else ""


def _quantities(
    operation: OperationCard, given: Mapping[str, str], example: ExampleCard | None, *, typed: bool
) -> tuple[tuple[str, NumberField], ...]:
    asked = any(f"{QUANTITY}{unit}" in given for unit in operation.units)
    usual = dict(example.quantities) if example else {operation.units[0]: "1"}
    fields = []
    for unit in operation.units:
        rule = NumberRule(f"{QUANTITY}{unit}", 6, MOST)
        text = given.get(rule.name, "") if asked else usual.get(unit, "")
        fields.append((unit, read_field(rule, text, typed=typed and asked)))
    return tuple(fields)


def _options(
    model: ModelCard | None, given: Mapping[str, str], example: ExampleCard | None, *, typed: bool
) -> tuple[OptionField, ...]:
    asked = any(key == "model" or key.startswith((QUANTITY, OPTION)) for key in given)
    usual = dict(example.options) if example and not asked else {}
    fields = []
    for card in model.options if model else ():
        name = f"{OPTION}{card.name}"
        text = given.get(name, usual.get(card.name, card.default))
        if card.kind == "bands":
            number = read_field(NumberRule(name, 6, MOST), text, typed=typed and name in given)
            fields.append(OptionField(card, name, number.plain, _not_below(card, number)))
            continue
        known = text in {value.value for value in card.values}
        fields.append(OptionField(card, name, text if known else card.default, None))
    return tuple(fields)


def _not_below(card: OptionCard, number: NumberField) -> NumberField:
    """The field with a problem where the number lies below the first band."""
    least = read_field(NumberRule(number.name, 6, MOST), card.values[0].value, typed=False)
    if number.problem or number.micro >= least.micro:
        return number
    text = _("At least %(least)s is needed here.") % {"least": local_text(least.micro)}
    return NumberField(number.name, number.text, number.micro, text)


def _model_problem(text: str, models: list[ModelCard]) -> str:
    names = [model.model or "" for model in models if text.casefold() in (model.model or "").casefold()]
    names.sort(key=lambda name: (len(name), name))
    if text and names:
        near = ", ".join(names[:4])
        return _("No model is called exactly so. Near it: %(names)s.") % {"names": near}
    return _("There is no such model. Choose one from the list.")
