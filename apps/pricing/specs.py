"""A rate version's spec: made from a price book's declaration and the providers' prices.

A spec is a JSON object: ``chargeable``, ``free``, ``currency`` of base costs, ``margin`` in percent,
``units`` in declared order, ``components`` (unit with ``tokens`` or ``base_cost`` and ``tiers`` by
size of context), ``context_units``, ``options`` with pairs of value and factor, ``minimum_charge``
and ``minimum_balance`` in tokens, ``counts_as_generation``, ``once_per_activity``, ``description``.
All numbers are plain decimal text; what has an order is a list, because databases reorder objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.pricing.provider_prices import CONTEXT_UNITS, components, has_price

Spec = dict[str, Any]
_CARRIED = (
    "currency",
    "margin",
    "minimum_charge",
    "minimum_balance",
    "counts_as_generation",
    "once_per_activity",
)


def build_spec(declaration: Mapping[str, Any], model: str, provider: Mapping[str, str] | None) -> Spec:
    """The spec of one model, or of an operation without models (empty `model`).

    `provider` holds the list prices of the model itself or of the one the operation follows; without
    them a price that needs them does not exist and the version is not chargeable.
    """
    own = next((entry for entry in declaration["models"] if entry["model"] == model), None)
    from_provider = bool(declaration["provider_list"] or declaration["follows"])
    spec: Spec = {key: declaration[key] for key in _CARRIED}
    spec |= {
        "chargeable": not from_provider or has_price(provider or {}, declaration["units"]),
        "free": False,
        "units": declaration["units"],
        "context_units": [unit for unit in declaration["units"] if unit in CONTEXT_UNITS],
        "components": _components(declaration, own, provider or {} if from_provider else {}, from_provider),
        "options": [_option(option) for option in declaration["options"] if _applies(option, model)],
        "description": (own and own["description"]) or declaration["description"],
    }
    return spec


def reprice(spec: Spec, provider: Mapping[str, str] | None) -> Spec:
    """The same spec with a provider's new prices; what staff have set beside them stays.

    A model that staff declared free stays chargeable until it gets a price.
    """
    priced = has_price(provider or {}, spec["units"])
    fresh = {component["unit"]: component for component in components(provider or {}, spec["units"])}
    kept = [
        component if "tokens" in component else fresh.get(component["unit"], component)
        for component in spec["components"]
    ]
    return {
        **spec,
        "components": kept,
        "chargeable": priced or spec["free"],
        "free": spec["free"] and not priced,
    }


def retired(spec: Spec) -> Spec:
    """The same spec, no longer chargeable."""
    return {**spec, "chargeable": False, "free": False}


def declared_free(spec: Spec) -> Spec:
    """The same spec, chargeable although its provider names no price."""
    return {**spec, "chargeable": True, "free": True}


def _components(
    declaration: Mapping[str, Any],
    own: Mapping[str, Any] | None,
    provider: Mapping[str, str],
    from_provider: bool,
) -> list[dict[str, Any]]:
    """One component per unit in declared order: the model's own price, the operation's, the provider's."""
    by_unit: dict[str, dict[str, Any]] = {}
    if from_provider:
        by_unit |= {component["unit"]: component for component in components(provider, declaration["units"])}
    for price in (*declaration["prices"], *(own["prices"] if own else ())):
        by_unit[price["unit"]] = dict(price)
    return [by_unit[unit] for unit in declaration["units"]]


def _applies(option: Mapping[str, Any], model: str) -> bool:
    return not option["models"] or model in option["models"]


def _option(option: Mapping[str, Any]) -> dict[str, Any]:
    return {key: option[key] for key in ("name", "effect", "kind", "default", "values")}
