"""Who paid a charge, as far as the reader may know: one's own buckets each, others' together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from apps.core import figures
from apps.core.units import MICRO
from apps.usage.funding import Draw
from apps.usage.state import CAPTURED, HELD, ChargeState
from apps.wallets.state import ALLOCATED, EARNED, FREE


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose wallet: a name, the slug of an organisation, and whether it is paid for afterwards."""

    name: str
    slug: str
    unlimited: bool


@dataclass(frozen=True, slots=True)
class Payer:
    """What came from one source: micro-tokens taken or held, how many of them have returned, and why it
    was asked. `bucket` is its look in the bar, placed by `x` and `width`."""

    name: str
    bucket: str
    why: str
    amount: int
    returned: int
    x: str = "0%"
    width: str = "0%"


def make_payers(charge: ChargeState, owners: Mapping[int, Owner], seen: Collection[int]) -> tuple[Payer, ...]:
    """The sources in the order they were asked; those that the reader may not look into come together.

    `seen` are the wallets that the reader may look into.
    """
    found: dict[str, Payer] = {}
    for drawn, amount, left in _parts(charge):
        payer = _payer(charge, drawn, owners, seen)
        before = found.get(payer.name)
        found[payer.name] = replace(
            before or payer,
            amount=amount + (before.amount if before else 0),
            returned=amount - left + (before.returned if before else 0),
        )
    return _placed([payer for payer in found.values() if payer.amount])


def _parts(charge: ChargeState) -> Iterable[tuple[Draw, int, int]]:
    """Each draw with what it gave and what of that is still spent; a hold has all of it promised."""
    if charge.status == HELD:
        return [(drawn, drawn.amount, drawn.amount) for drawn in charge.draws]
    if charge.status != CAPTURED:
        return []
    given, left = charge.kept(charge.collected), charge.kept(charge.refundable)
    return zip(charge.draws, given, left, strict=True)


def _payer(charge: ChargeState, drawn: Draw, owners: Mapping[int, Owner], seen: Collection[int]) -> Payer:
    owner = owners[drawn.wallet_id]
    if drawn.wallet_id != charge.wallet_id:
        name = (
            owner.name if drawn.wallet_id in seen or charge.wallet_id in seen else _("Another organisation")
        )
        return Payer(name, "purchased", _why(charge, owner), 0, 0)
    if drawn.wallet_id in seen:
        return _own(drawn, owners)
    if drawn.bucket == ALLOCATED and drawn.source_id in seen:
        words = {"person": owner.name, "organisation": owners[drawn.source_id].name}
        return Payer(_("%(person)s, allocated by %(organisation)s") % words, ALLOCATED, "", 0, 0)
    return Payer(_("%(person)s, own tokens") % {"person": owner.name}, EARNED, "", 0, 0)


def _own(drawn: Draw, owners: Mapping[int, Owner]) -> Payer:
    """One of the reader's own buckets."""
    if drawn.bucket == ALLOCATED:
        source = owners.get(drawn.source_id)
        name = _("You, from %(organisation)s") % {"organisation": source.name if source else ""}
        return Payer(name, ALLOCATED, _("Allocated to you"), 0, 0)
    if drawn.bucket == FREE:
        return Payer(_("You, free"), FREE, _("Free tokens go first"), 0, 0)
    if drawn.bucket == EARNED:
        return Payer(_("You, earned"), EARNED, "", 0, 0)
    afterwards = owners[drawn.wallet_id].unlimited
    why = _("This wallet is paid for afterwards") if afterwards else _("Purchased tokens go last")
    return Payer(_("You, purchased"), drawn.bucket, why, 0, 0)


def _why(charge: ChargeState, owner: Owner) -> str:
    if owner.unlimited:
        return _("Its wallet is paid for afterwards")
    if charge.shared_pool:
        return _("Pays for all that is used there")
    percent = figures.figure(charge.micro_percent)
    if charge.micro_percent == 100 * MICRO:
        return _("Covers all that free tokens leave")
    return _("Covers %(percent)s %% of what free tokens leave") % {"percent": percent}


def _placed(payers: list[Payer]) -> tuple[Payer, ...]:
    """The payers with their places in the bar."""
    whole = sum(payer.amount for payer in payers)
    placed, start = [], 0
    for payer in payers:
        x, width = figures.percent(start, whole), figures.percent(payer.amount, whole)
        placed.append(replace(payer, x=x, width=width))
        start += payer.amount
    return tuple(placed)
