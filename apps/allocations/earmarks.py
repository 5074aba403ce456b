"""Tokens of an organisation's wallet that are reserved for one cost centre (organisations.md, cost centres).

An earmark is a limit turned round: what it still has room for is reserved. It is used up by what the wallet
itself pays for the centre and those below it, not by allocated tokens, and refunds fill it up again. Charges
of others and allocations leave it alone; bills do not, for a debt comes before an intention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.allocations.limits import Limit, LimitRule, Tally, Total, room
from apps.allocations.models import Earmark
from apps.allocations.tallying import load_tally
from apps.core.errors import InsufficientTokens, InvalidState, NotFound, ValidationError
from apps.core.units import LARGEST, format_tokens
from apps.identity.auditing import record_audit
from apps.organisations.models import CostCentre, Organisation
from apps.organisations.services import KeptParent, set_cost_centre
from apps.wallets.books import atomically, open_desk, write
from apps.wallets.models import Wallet

WALLET_OF_CENTRE = "centre_paid"
"""The running total of what the organisation's wallet itself paid for a cost centre."""


@dataclass(frozen=True, slots=True)
class Reserve:
    """So many micro-tokens for a cost centre from a day on, `before` of them paid on that day before."""

    centre: str
    tokens: int
    first: date
    before: int = 0

    def limit(self, scope: int) -> Limit:
        """What it still reserves is the room of this limit; `scope` is the organisation's wallet."""
        rule = LimitRule(WALLET_OF_CENTRE, self.centre, "total", self.tokens + self.before)
        total = (scope, WALLET_OF_CENTRE, self.centre)
        return Limit(rule, total, self.first, None, None, at_most=self.tokens)


def wallet_totals(scope: int, centres: Iterable[str]) -> tuple[Total, ...]:
    """The totals that a draw on the organisation's own wallet counts for."""
    return tuple((scope, WALLET_OF_CENTRE, centre) for centre in centres)


def reserved(limits: Iterable[Limit], tally: Tally) -> int:
    """Micro-tokens that the earmarks still reserve, all together."""
    return sum(room(limit, tally) for limit in limits)


def reserves_of(organisation_id: int) -> list[Reserve]:
    """All earmarks of an organisation: one query."""
    rows = Earmark.objects.filter(cost_centre__organisation=organisation_id)
    names = ("cost_centre__platform_id", "tokens_micro", "from_on", "before_micro")
    return [Reserve(*row) for row in rows.values_list(*names)]


def reserved_now(organisation_id: int, scope: int, *, but: str = "") -> int:
    """What is reserved in the organisation's wallet, but for one cost centre; asked for under its lock."""
    held = [one.limit(scope) for one in reserves_of(organisation_id) if one.centre != but]
    return reserved(held, load_tally(Tally(), held)) if held else 0


def place_cost_centre(
    *,
    organisation: Organisation,
    key: str,
    name: str,
    kind: str,
    parent: str | KeptParent | None,
    actor: str,
    at: datetime,
) -> tuple[CostCentre, bool]:
    """Make, change or move a cost centre, as `set_cost_centre` does.

    InvalidState too where one with an earmark would come to lie above or below another.
    """
    with transaction.atomic():
        made = set_cost_centre(
            organisation=organisation, key=key, name=name, kind=kind, parent=parent, actor=actor, at=at
        )
        tree = _tree(organisation)
        if any(tree.nested(pk) for pk in tree.marked):
            raise InvalidState(_reserved_once())
        return made


def set_earmark(
    *, organisation: Organisation, centre: str, tokens: int | None, actor: str, at: datetime
) -> None:
    """Reserve so many micro-tokens from now on for a cost centre, or (None) nothing any more.

    NotFound, ValidationError, InvalidState where a centre above or below has an earmark, InsufficientTokens
    if the wallet has not so many that are free to be reserved.
    """
    if tokens is not None and not 0 < tokens <= LARGEST:
        raise ValidationError({"earmark": [_("More than 0 and at most 1000000000000 tokens are possible.")]})

    def work() -> None:
        wallet = Wallet.objects.get(organisation=organisation)
        desk = open_desk([wallet.pk], at=at)
        found = CostCentre.objects.filter(organisation=organisation, platform_id=centre).first()
        if found is None:
            raise NotFound(f"{organisation.platform_id} has no cost centre {centre}.")
        stored = Earmark.objects.filter(cost_centre=found).first()
        before = None if stored is None else {"id": centre, "earmark": format_tokens(stored.tokens_micro)}
        if tokens is None:
            Earmark.objects.filter(cost_centre=found).delete()
        else:
            if _tree(organisation).nested(found.pk):
                raise InvalidState(_reserved_once())
            state = desk.wallets[wallet.pk]
            free = state.available - reserved_now(organisation.pk, wallet.pk, but=centre)
            if tokens > free and not state.unlimited:
                raise InsufficientTokens(
                    _("Only %(tokens)s tokens are free to be reserved.")
                    % {"tokens": format_tokens(max(free, 0))},
                    missing=format_tokens(tokens - free),
                )
            today = state.calendar.day_of(at)
            so_far = Reserve(centre, 0, today).limit(wallet.pk)
            Earmark.objects.update_or_create(
                cost_centre=found,
                defaults={
                    "tokens_micro": tokens,
                    "from_on": today,
                    "before_micro": load_tally(Tally(), [so_far]).spent(so_far),
                    "at": at,
                    "actor": actor[:160],
                },
            )
        write(desk, at=at)
        record_audit(
            actor=actor,
            action="earmark.set",
            subject=f"organisation:{organisation.platform_id}",
            before=before,
            after=None if tokens is None else {"id": centre, "earmark": format_tokens(tokens)},
            at=at,
        )

    atomically(work, at=at)


@dataclass(frozen=True, slots=True)
class _Tree:
    """An organisation's cost centres: the parent of each, and those with an earmark."""

    parents: dict[int, int | None]
    marked: frozenset[int]

    def nested(self, pk: int) -> bool:
        """Whether an earmark lies above or below, so that spending would count for both."""
        above = set(self.upwards(pk))
        others = self.marked - {pk}
        return any(other in above or pk in self.upwards(other) for other in others)

    def upwards(self, pk: int) -> Sequence[int]:
        """A cost centre and those above it."""
        found: list[int] = []
        here: int | None = pk
        while here is not None:
            found.append(here)
            here = self.parents.get(here)
        return found


def _tree(organisation: Organisation) -> _Tree:
    rows = CostCentre.objects.filter(organisation=organisation).values_list("pk", "parent_id", "earmark__pk")
    listed = list(rows)
    marked = frozenset(pk for pk, _parent, earmark in listed if earmark is not None)
    return _Tree({pk: parent for pk, parent, _earmark in listed}, marked)


def _reserved_once() -> str:
    return _("A cost centre above or below this one has an earmark: tokens can be reserved once only.")
