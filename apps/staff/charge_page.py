"""A charge explained: what it costs and why, who paid, what moved, which limits it counts for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from apps.allocations.limits import COST_CENTRE, MEMBER, ORGANISATION
from apps.core import figures
from apps.core.errors import NotFound
from apps.core.units import format_tokens
from apps.ledger.models import Transfer
from apps.pricing.models import RateVersion
from apps.staff.entries import TransferLine, load_transfers, wallets_by_id
from apps.staff.wallet_page.state import owner_name
from apps.staff.wording import bucket_name
from apps.staff.words import translated
from apps.support.models import Case
from apps.usage.models import Charge
from apps.usage.selectors import get_charge
from apps.usage.state import CAPTURED, HELD, ChargeState
from apps.wallets.models import Wallet

CASES = 5


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of the breakdown; micro-tokens, and what it was worked out from in words."""

    label: str
    detail: str
    amount: int


@dataclass(frozen=True, slots=True)
class FundingLine:
    """What one bucket gave, and what of it is held or spent now; micro-tokens."""

    owner: str
    wallet_id: int
    account_id: int
    bucket: str
    drawn: int
    kept: int


@dataclass(frozen=True, slots=True)
class CountedLine:
    """A running total that the charge counts for, on a local day."""

    title: str
    wallet_id: int
    day: date


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Version:
    """The immutable state of the rate that the price rests on."""

    id: int
    rate_id: int
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ChargePage:
    """One charge as it stands at an instant; amounts are micro-tokens, instants UTC."""

    id: int
    at: datetime
    title: str
    status: str
    status_words: str
    is_open: bool
    person: str
    wallet_id: int
    organisation: str
    organisation_wallet_id: int | None
    created_at: datetime
    expires_at: datetime | None
    estimated: int
    price: int
    uncollected: int
    refunded: int
    refundable: int
    lines: tuple[PriceLine, ...]
    version: Version | None
    funding: tuple[FundingLine, ...]
    transfers: tuple[TransferLine, ...]
    counted: tuple[CountedLine, ...]
    facts: tuple[Fact, ...]
    cases: Sequence[Case]

    @property
    def places(self) -> int:
        amounts = [self.price, self.uncollected, self.refunded, *(line.amount for line in self.lines)]
        return figures.places_for(amounts)

    @property
    def net(self) -> int:
        """What was paid and stays paid, or would be if the hold were used in full."""
        return self.price - self.uncollected - self.refunded

    @property
    def funding_places(self) -> int:
        return figures.places_for([a for line in self.funding for a in (line.drawn, line.kept)])


def load_charge_page(charge_id: int, *, at: datetime) -> ChargePage:
    """The page of a charge; NotFound if there is none. At most nine queries."""
    row = Charge.objects.select_related("client", "cost_centre").filter(pk=charge_id).first()
    if row is None:
        raise NotFound(f"There is no charge ch_{charge_id}.")
    charge = get_charge(charge_id, at=at)
    owners = wallets_by_id([*charge.parties, *charge.days, charge.wallet_id, charge.organisation_wallet_id])
    organisation = charge.organisation_wallet_id
    return ChargePage(
        id=charge.id,
        at=at,
        title=row.activity_label or charge.operation.replace("_", " ").capitalize(),
        status=charge.status,
        status_words=translated(str(Charge.Status(charge.status).label)),
        is_open=charge.status == HELD,
        person=_name(owners, charge.wallet_id),
        wallet_id=charge.wallet_id,
        organisation=_name(owners, organisation) if organisation else "",
        organisation_wallet_id=organisation,
        created_at=charge.created_at,
        expires_at=charge.expires_at,
        estimated=charge.estimated,
        price=charge.price,
        uncollected=charge.uncollected,
        refunded=charge.refunded,
        refundable=charge.refundable if charge.status == CAPTURED else 0,
        lines=tuple(_price_lines(charge)),
        version=_version(charge.rate_version_id),
        funding=tuple(_funding(charge, owners)),
        transfers=load_transfers(list(Transfer.objects.filter(charge_id=charge_id).order_by("number"))),
        counted=tuple(_counted(charge, owners)),
        facts=tuple(_facts(charge, row)),
        cases=list(Case.objects.filter(charge_id=charge_id).order_by("-pk")[:CASES]),
    )


def _name(owners: Mapping[int, Wallet], wallet_id: int) -> str:
    return owner_name(owners[wallet_id]) if wallet_id in owners else f"wallet {wallet_id}"


def _price_lines(charge: ChargeState) -> Iterable[PriceLine]:
    for line in charge.breakdown:
        parts = (
            f"{line.quantity or ''} {line.unit or ''}".strip(),
            _("at %(cost)s") % {"cost": line.base_cost} if line.base_cost else "",
            _("margin %(margin)s %%") % {"margin": line.margin} if line.margin else "",
        )
        yield PriceLine(line.label, " · ".join(filter(None, parts)), line.micro)


def _version(version_id: int) -> Version | None:
    row = RateVersion.objects.select_related("rate__operation").filter(pk=version_id).first()
    if row is None:
        return None
    return Version(row.pk, row.rate_id, str(row.rate), row.effective_from)


def _funding(charge: ChargeState, owners: Mapping[int, Wallet]) -> Iterable[FundingLine]:
    cost = charge.given if charge.status == HELD else charge.refundable
    for drawn, kept in zip(charge.draws, charge.kept(cost), strict=True):
        yield FundingLine(
            owner=_name(owners, drawn.wallet_id),
            wallet_id=drawn.wallet_id,
            account_id=drawn.account_id,
            bucket=bucket_name(drawn.bucket),
            drawn=drawn.amount,
            kept=kept,
        )


def _counted(charge: ChargeState, owners: Mapping[int, Wallet]) -> Iterable[CountedLine]:
    for scope, cap in charge.caps().items():
        name = _name(owners, scope)
        for _scope, subject, key in cap.totals:
            words = {
                ORGANISATION: _("Spending of %(name)s") % {"name": name},
                MEMBER: _("Spending of this member in %(name)s") % {"name": name},
                COST_CENTRE: _("Spending of the cost centre %(key)s") % {"key": key},
            }
            yield CountedLine(words.get(subject, subject), scope, cap.day)
    own = charge.days.get(charge.wallet_id)
    if own is not None:
        yield CountedLine(_("The person's own spending"), charge.wallet_id, own)


def _facts(charge: ChargeState, row: Charge) -> Iterable[Fact]:
    activity = (row.activity_type, row.activity_id, row.activity_label)
    found = (
        (_("Operation"), " · ".join(filter(None, (charge.operation, charge.model)))),
        (_("Used"), ", ".join(f"{format_tokens(n)} {unit}" for unit, n in charge.quantities.items())),
        (_("Options"), ", ".join(f"{name} {value}" for name, value in charge.options.items())),
        (_("Activity"), " · ".join(filter(None, activity))),
        (_("Cost centre"), str(row.cost_centre) if row.cost_centre else ""),
        (_("Who pays"), _rule(charge)),
        (_("API client"), str(row.client) if row.client else ""),
        (_("Usage event"), charge.event_id or ""),
        (_("Why it ended"), charge.reason),
        (_("Metadata"), ", ".join(f"{name}: {value}" for name, value in charge.metadata.items())),
    )
    return (Fact(label, value) for label, value in found if value)


def _rule(charge: ChargeState) -> str:
    if charge.organisation_wallet_id is None:
        return _("the person, outside an organisation")
    if charge.shared_pool:
        return _("the organisation, everything")
    return _("the organisation covers %(percent)s %%") % {"percent": format_tokens(charge.micro_percent)}
