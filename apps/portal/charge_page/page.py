"""Everything the page of a charge shows, read at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.allocations.limits import COST_CENTRE, MEMBER
from apps.core import figures, sql
from apps.core.errors import NotFound
from apps.core.periods import zone
from apps.organisations.models import CostCentre
from apps.portal.charge_page.payers import Owner, Payer, make_payers
from apps.portal.charge_page.steps import Step, amounts_used, make_steps
from apps.portal.charge_page.story import Event, load_transfers, make_story
from apps.portal.holdings import Holding, Shell
from apps.portal.titles import charge_title
from apps.pricing.models import RateVersion
from apps.pricing.selectors import get_rate
from apps.usage.selectors import charge_id_of, get_charge
from apps.usage.state import CAPTURED, EXPIRED, HELD, RELEASED, ChargeState
from apps.wallets.state import ALLOCATED


@dataclass(frozen=True, slots=True)
class Counted:
    """Limits that the charge counted for, on a local day."""

    day: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChargePage:
    """One charge as one reader may see it. Amounts are micro-tokens, times are shown in `zone`."""

    charge: ChargeState
    at: datetime
    zone: ZoneInfo
    is_own: bool
    title: str
    status: str
    sentences: tuple[str, ...]
    person: str
    organisation: str
    cost_centre: str
    operation: str
    category: str
    price_book: str
    rate_since: datetime
    exchange: str
    steps: tuple[Step, ...]
    payers: tuple[Payer, ...]
    story: tuple[Event, ...]
    counted: tuple[Counted, ...]
    used: str
    link: str
    list_url: str

    @property
    def public_id(self) -> str:
        return f"ch_{self.charge.id}"

    @property
    def places(self) -> int:
        """Decimals of the breakdown: all where some line needs them."""
        return figures.places_for([step.micro for step in self.steps])

    @property
    def paid_places(self) -> int:
        return figures.places_for([n for payer in self.payers for n in (payer.amount, payer.returned)])

    @property
    def story_places(self) -> int:
        return figures.places_for([event.amount or 0 for event in self.story])

    @property
    def paid(self) -> int:
        return sum(payer.amount for payer in self.payers)

    @property
    def returned(self) -> int:
        return sum(payer.returned for payer in self.payers)

    @property
    def left(self) -> int:
        return self.paid - self.returned

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(name.replace("_", " ").capitalize(), value) for name, value in self.charge.options.items()]


def load_charge_page(public_id: str, shell: Shell) -> ChargePage:
    """The charge, if it concerns the reader or an organisation of theirs paid for it; else NotFound.

    It is named by its public id, or by the number that pages show: ``C-1042``. At most nine queries beside
    the shell's.
    """
    named = f"ch_{public_id[2:]}" if public_id.startswith("C-") else public_id
    charge = get_charge(charge_id_of(named), at=shell.at)
    holding = seen_through(charge, shell)
    owners = _owners(charge)
    seen = {known.wallet_id for known, _wallet in shell.visible}
    rate = get_rate(version_id=charge.rate_version_id, exchange_rate_id=charge.exchange_rate_id)
    version = RateVersion.objects.select_related("rate__operation__category").get(pk=charge.rate_version_id)
    operation = version.rate.operation
    centres = _centres(charge)
    calendar = shell.desk.wallets[holding.wallet_id].calendar
    place = zone(calendar.zone_at(shell.at))
    activity = charge.activity
    organisation = owners.get(charge.organisation_wallet_id or 0)
    return ChargePage(
        charge=charge,
        at=shell.at,
        zone=place,
        is_own=holding.is_own,
        title=charge_title(
            activity.label if activity else "", operation.name, charge.operation, charge.model
        ),
        status=_status(charge),
        sentences=tuple(_sentences(charge, shell.at, place)),
        person=owners[charge.wallet_id].name,
        organisation=organisation.name if organisation else "",
        cost_centre=", ".join(centres.get(key, "") for key in charge.cost_centre_path[:1]),
        operation=operation.name,
        category=operation.category.name,
        price_book=operation.price_book_id,
        rate_since=version.effective_from,
        exchange=rate.exchange,
        steps=make_steps(charge.breakdown, rate.currency, rate.exchange),
        payers=make_payers(charge, owners, seen),
        story=make_story(charge, load_transfers(charge.id)),
        counted=_counted(charge, owners, centres, seen),
        used=amounts_used(charge.quantities),
        link=activity.url if activity and activity.url.startswith(("https://", "http://")) else "",
        list_url=holding.transactions_url,
    )


def seen_through(charge: ChargeState, shell: Shell) -> Holding:
    """The wallet because of which the reader may see the charge: their own, or that of an organisation
    that paid; NotFound if there is none."""
    paying = {drawn.wallet_id for drawn in charge.draws}
    paying |= {drawn.source_id for drawn in charge.draws if drawn.bucket == ALLOCATED}
    if charge.shared_pool and charge.organisation_wallet_id:
        paying.add(charge.organisation_wallet_id)
    for holding, _wallet in shell.visible:
        if holding.wallet_id == charge.wallet_id or (not holding.is_own and holding.wallet_id in paying):
            return holding
    raise NotFound(f"There is no charge ch_{charge.id}.")


_OWNERS = """
SELECT w.id, COALESCE(g.name, NULLIF(u.name, ''), u.email, ''), COALESCE(g.slug, ''), w.unlimited
FROM wallets_wallet w
LEFT JOIN organisations_organisation g ON g.id = w.organisation_id
LEFT JOIN identity_user u ON u.id = w.user_id
WHERE {condition}
"""


def _owners(charge: ChargeState) -> dict[int, Owner]:
    wallets = {charge.wallet_id, *charge.parties, *charge.days}
    wallets |= {number for drawn in charge.draws for number in (drawn.wallet_id, drawn.source_id)}
    condition, values = sql.among("w.id", sorted(wallets | {charge.organisation_wallet_id or 0}))
    rows = sql.fetch(_OWNERS.format(condition=condition), values)
    return {number: Owner(name, slug, bool(unlimited)) for number, name, slug, unlimited in rows}


def _centres(charge: ChargeState) -> dict[str, str]:
    """Names of the cost centres that the charge counted for."""
    if not charge.cost_centre_path:
        return {}
    rows = CostCentre.objects.filter(
        organisation__wallet=charge.organisation_wallet_id or 0, platform_id__in=charge.cost_centre_path
    )
    return dict(rows.values_list("platform_id", "name"))


def _status(charge: ChargeState) -> str:
    return {
        HELD: _("Held"),
        CAPTURED: _("Charged"),
        RELEASED: _("Released"),
        EXPIRED: _("Expired"),
    }[charge.status]


def _sentences(charge: ChargeState, at: datetime, place: ZoneInfo) -> list[str]:
    """How the charge stands, in whole sentences."""
    if charge.status == HELD and charge.expires_at:
        ends = figures.deadline(charge.expires_at, at, place)
        return [_("Promised, not spent: it ends %(ends)s. What is not used then returns.") % {"ends": ends}]
    if charge.status == RELEASED:
        return [_("Nothing was spent: the work did not take place, and what was held has returned.")]
    if charge.status == EXPIRED:
        return [_("Nothing was spent: no use was reported in time, and what was held has returned.")]
    return _captured(charge)


def _captured(charge: ChargeState) -> list[str]:
    if charge.billing_source == "plan":
        return [_("Covered by the plan: it cost no tokens.")]
    if not charge.price:
        return [_("Free of charge: this use cost no tokens.")]
    found = []
    if charge.refunded and not charge.refundable:
        found.append(_("All that was taken has been refunded."))
    elif charge.refunded:
        found.append(_("%(tokens)s of it has been refunded.") % {"tokens": figures.figure(charge.refunded)})
    if charge.uncollected:
        short = figures.figure(charge.uncollected)
        found.append(
            _("%(tokens)s of it could not be collected, because not enough was left.") % {"tokens": short}
        )
    return found


def _counted(
    charge: ChargeState, owners: dict[int, Owner], centres: dict[str, str], seen: set[int]
) -> tuple[Counted, ...]:
    """The totals that the charge counts for, by the local day of each scope, where it took anything."""
    if charge.status in {RELEASED, EXPIRED}:
        return ()
    found = []
    caps = charge.caps()
    for scope in dict.fromkeys(drawn.source_id or drawn.wallet_id for drawn in charge.draws):
        day = charge.days.get(scope)
        if day is None or (scope not in seen and charge.wallet_id not in seen):
            continue
        if scope == charge.wallet_id:
            subjects: tuple[str, ...] = (_("Your personal budget"),) if scope in seen else ()
        else:
            totals = caps[scope].totals if scope in caps else ()
            person = "" if charge.wallet_id in seen else owners[charge.wallet_id].name
            subjects = tuple(_subject(*total[1:], owners[scope].name, person, centres) for total in totals)
        if subjects:
            found.append(Counted(figures.day_and_year(day), subjects))
    return tuple(found)


def _subject(kind: str, key: str, organisation: str, person: str, centres: dict[str, str]) -> str:
    """What a total is about; `person` is empty where it is the reader."""
    if kind == COST_CENTRE:
        return centres.get(key, key)
    if kind == MEMBER and person:
        return _("Limits on %(person)s at %(organisation)s") % {
            "person": person,
            "organisation": organisation,
        }
    if kind == MEMBER:
        return _("Your limits at %(organisation)s") % {"organisation": organisation}
    return _("Limits of %(organisation)s") % {"organisation": organisation}
