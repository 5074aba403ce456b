"""Publish a version of a rate. Payload: rate (id), follows (version), spec, starts_at (ISO text or None)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core import figures
from apps.core.errors import NoPrice, ValidationError
from apps.core.units import parse_quantity
from apps.pricing.compiling import Exchange, Owner, compile_rate
from apps.pricing.differences import Difference, differences
from apps.pricing.models import Example, Rate, RateVersion
from apps.pricing.selectors import Catalogue, open_catalogue
from apps.pricing.specs import Spec
from apps.pricing.versions import followed, get_thread, publish_version
from apps.support.deeds.price_words import change_words, instant, rate_name, said, what
from apps.support.kinds import Effect, EffectLine, Kind, Order, Outcome, Payload
from apps.support.roles import Action
from apps.usage.last_month import LastMonth, rerate_last_month

PUBLISH = "publish_rate"


@dataclass(frozen=True, slots=True)
class ExampleChange:
    """A typical use in micro-tokens, at the old price and the new one; None where there is no price."""

    name: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a new version would mean: what it says differently, typical uses, last month's real use."""

    rate: Rate
    follows: RateVersion
    spec: Spec
    starts_at: datetime | None
    differences: tuple[Difference, ...]
    examples: tuple[ExampleChange, ...]
    month: LastMonth


def preview_version(payload: Payload, at: datetime) -> Preview:
    """Look at a version before it is published; InvalidState where it could not be."""
    rate, versions = get_thread(payload["rate"])
    spec, starts_at = payload["spec"], starting(payload)
    start = starts_at or at
    before = followed(versions, follows=payload["follows"], spec=spec, starts_at=start, at=at)
    owner, exchange = money_of(open_catalogue(), rate, spec, start)
    return Preview(
        rate=rate,
        follows=before,
        spec=spec,
        starts_at=starts_at,
        differences=tuple(
            found for found in differences(before.spec, spec, owner, exchange) if found.is_change
        ),
        examples=tuple(examples_of(rate, before.spec, spec, owner, exchange)),
        month=rerate_last_month({rate.pk: spec}, at=at),
    )


def starting(payload: Payload) -> datetime | None:
    """The instant a payload names; None for as soon as it is done."""
    text = payload["starts_at"]
    return datetime.fromisoformat(text) if text else None


def money_of(catalogue: Catalogue, rate: Rate, spec: Spec, at: datetime) -> tuple[Owner, Exchange | None]:
    """Whose price it is and the exchange rate of the day; none where there is none."""
    entry = catalogue.operations[rate.operation.price_book_id, rate.operation.code]
    try:
        exchange = catalogue.exchange_for(spec["currency"], entry.currency, at, allow_before_first=True)
    except NoPrice:
        exchange = None
    return entry.owner(rate.model or None), exchange


def examples_of(
    rate: Rate, old: Spec, new: Spec, owner: Owner, exchange: Exchange | None
) -> Iterator[ExampleChange]:
    """The examples of this model; where it has none, those of others, worked with this one."""
    rows = list(Example.objects.filter(operation=rate.operation))
    own = [row for row in rows if row.model == rate.model]
    for row in own or rows:
        before, after = (_worked(row, spec, owner, exchange) for spec in (old, new))
        if before is not None or after is not None:
            yield ExampleChange(row.name, before, after)


def _worked(row: Example, spec: Spec, owner: Owner, exchange: Exchange | None) -> int | None:
    if not spec["chargeable"]:
        return None
    rate = compile_rate(0, spec, owner, exchange)
    quantities = {unit: parse_quantity(text) for unit, text in row.quantities.items()}
    try:
        return rate.price(quantities, rate.clean(quantities, row.options)).micro
    except ValidationError:
        return None


def effect_of_preview(preview: Preview) -> Effect:
    """The same in the few lines that a proposal keeps."""
    return Effect(
        title=_("New price: %(name)s") % {"name": rate_name(preview.rate)},
        lines=(
            month_line(preview.month),
            *(EffectLine(example.name, example.before, example.after) for example in preview.examples),
            *lines_of(preview.differences),
        ),
        facts={
            "follows": preview.follows.pk,
            "spec": digest(preview.spec),
            "starts_at": preview.starts_at.isoformat() if preview.starts_at else None,
        },
        hint=start_words(preview.starts_at),
    )


def start_words(starts_at: datetime | None) -> str:
    """When it will hold, in a sentence."""
    if starts_at is None:
        return _("It holds from the moment it is published. Past charges and open holds keep their price.")
    return _("It holds from %(start)s. Past charges and open holds keep their price.") % {
        "start": instant(starts_at)
    }


def month_line(month: LastMonth) -> EffectLine:
    """What last month's charges cost, and what they would have cost."""
    label = _("Charges of %(month)s: %(count)s") % {
        "month": figures.month_and_year(month.month),
        "count": figures.count(month.rerated.charges),
    }
    return EffectLine(label, month.rerated.before, month.rerated.after)


def lines_of(found: Iterable[Difference], prefix: str = "") -> Iterator[EffectLine]:
    """What differs, in words: ``Tokens per image``, 30, 27 (−10 %)."""
    for difference in found:
        change = change_words(difference.change)
        after = said(difference, difference.new)
        yield EffectLine(
            prefix + what(difference),
            said(difference, difference.old),
            f"{after} ({change})" if change else after,
        )


def digest(value: Any) -> str:
    """A short sum of what JSON can hold."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def foresee(payload: Payload, at: datetime) -> Effect:
    """The effect as a proposal keeps it."""
    return effect_of_preview(preview_version(payload, at))


def execute(order: Order) -> Outcome:
    """The version, for ever."""
    payload = order.payload
    version = publish_version(
        rate_id=payload["rate"],
        follows=payload["follows"],
        spec=payload["spec"],
        starts_at=starting(payload),
        at=order.at,
        actor=order.actor,
        reason=order.reason,
        address=order.address,
    )
    return Outcome(said=_("A new price was published: %(version)s.") % {"version": version})


KIND = Kind(
    code=PUBLISH,
    name=gettext_lazy("Publish a price"),
    action=Action.PRICE,
    foresee=foresee,
    execute=execute,
)
