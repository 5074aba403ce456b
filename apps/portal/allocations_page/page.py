"""The list of allocations and reclaims, what repeats, and one run with what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.allocations.bars import bars_of
from apps.allocations.fates import Fate, fates
from apps.allocations.models import Allocation, AllocationRun, RecurringAllocation
from apps.core import figures
from apps.core.errors import NotFound
from apps.core.periods import zone
from apps.identity.models import User
from apps.ledger.models import Account, Entry
from apps.organisations.models import CostCentre, Membership, Organisation, Role
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page.people import ROLES
from apps.portal.sorting import Heading, field_of, headings
from apps.wallets.models import Wallet

ROOM = 20
PEOPLE = 50
COLUMNS = ("-when", "-members", "-tokens")
FIELDS = {"when": "number", "members": "members", "tokens": "tokens_micro"}
DAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
    gettext_noop("Saturday"),
    gettext_noop("Sunday"),
)


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list, with the sum of what became of it where it gave."""

    row: AllocationRun
    by: str
    fate: Fate | None

    @property
    def gives(self) -> bool:
        return self.row.direction == AllocationRun.Direction.ALLOCATE

    @property
    def signed(self) -> int:
        return self.row.tokens_micro if self.gives else -self.row.tokens_micro


@dataclass(frozen=True, slots=True)
class Repeating:
    """A recurring allocation in words."""

    row: RecurringAllocation
    whom: str

    @property
    def what(self) -> str:
        words = {"tokens": figures.figure(self.row.tokens_micro), "whom": self.whom}
        if self.row.mode == RecurringAllocation.Mode.TOP_UP:
            return _("%(whom)s topped up to %(tokens)s each") % words
        return _("%(whom)s get %(tokens)s each") % words

    @property
    def when(self) -> str:
        if self.row.every == RecurringAllocation.Every.WEEK:
            return _("every week, on %(day)s") % {"day": _(DAYS[self.row.day - 1])}
        return _("every month, on day %(day)d") % {"day": self.row.day}

    @property
    def next(self) -> str:
        return figures.day_and_year(self.row.next_on)


@dataclass(frozen=True, slots=True)
class AllocationsPage:
    """`given` is what members have now of what was allocated, held tokens included; `roles` are all roles
    with whether they may be given tokens."""

    holding: Holding
    at: datetime
    zone: ZoneInfo
    given: int
    holders: int
    runs: tuple[RunLine, ...]
    repeating: tuple[Repeating, ...]
    number: int
    more: bool
    order: str
    roles: tuple[tuple[str, str, bool], ...]

    @property
    def headings(self) -> dict[str, Heading]:
        labels = dict(zip(COLUMNS, (_("When"), _("Members"), _("Tokens")), strict=True))
        return headings(labels, self.order or "-when")

    @property
    def places(self) -> int:
        """Decimals of the table's columns."""
        parts = [
            n
            for line in self.runs
            if line.fate
            for n in (line.fate.spent, line.fate.left, line.fate.reclaimed)
        ]
        return figures.column_places([*parts, *(line.row.tokens_micro for line in self.runs)])


def load_allocations_page(
    organisation: Organisation, holding: Holding, shell: Shell, *, number: int, order: str = ""
) -> AllocationsPage:
    """Runs with what became of them, the latest first unless another order is asked for: seven queries beside
    the shell's."""
    first = (number - 1) * ROOM
    runs = AllocationRun.objects.filter(organisation=organisation)
    rows = list(runs.order_by(field_of(order or "-when", FIELDS), "-number")[first : first + ROOM + 1])
    held = Account.objects.filter(source_id=holding.wallet_id, kind="allocated").exclude(balance=0)
    balances = list(held.values_list("balance", flat=True))
    return AllocationsPage(
        holding=holding,
        at=shell.at,
        zone=zone(holding.calendar.zone_at(shell.at)),
        given=sum(balances),
        holders=len(balances),
        runs=_lines(organisation, holding, rows[:ROOM]),
        repeating=load_repeating(organisation),
        number=number,
        more=len(rows) > ROOM,
        order=order,
        roles=_roles(organisation),
    )


def _roles(organisation: Organisation) -> tuple[tuple[str, str, bool], ...]:
    """Each role with its name and whether it may be given tokens."""
    bars = bars_of(organisation)
    return tuple(
        (role.value, _(name), not bars.get(("role", role.value), False)) for role, name in ROLES.items()
    )


def _lines(
    organisation: Organisation, holding: Holding, rows: Sequence[AllocationRun]
) -> tuple[RunLine, ...]:
    became = fates_of(organisation, holding, [row.number for row in rows])
    names = names_of({row.actor for row in rows})
    return tuple(_run_line(row, names, list(became.get(row.number, {}).values())) for row in rows)


def _run_line(row: AllocationRun, names: dict[str, str], parts: Sequence[Fate]) -> RunLine:
    given, reclaimed = sum(part.given for part in parts), sum(part.reclaimed for part in parts)
    total = Fate(given, reclaimed, sum(part.spent for part in parts)) if parts else None
    return RunLine(row, names.get(row.actor, row.actor.partition(":")[2] or row.actor), total)


def names_of(actors: set[str]) -> dict[str, str]:
    """People's names by actor."""
    keys = [actor.partition(":")[2] for actor in actors if actor.startswith("user:")]
    users = User.objects.filter(platform_id__in=keys)
    return {f"user:{user.platform_id}": str(user) for user in users}


def fates_of(
    organisation: Organisation, holding: Holding, numbers: Sequence[int]
) -> dict[int, dict[int, Fate]]:
    """What became of allocations, by run and user."""
    wanted = set(numbers)
    people = set(Allocation.objects.filter(number__in=wanted).values_list("user_id", flat=True))
    found: dict[int, dict[int, Fate]] = {}
    for user, became in _fates(organisation, holding, people).items():
        for number, fate in became.items():
            if number in wanted:
                found.setdefault(number, {})[user] = fate
    return found


def _fates(organisation: Organisation, holding: Holding, users: set[int]) -> dict[int, dict[int, Fate]]:
    """By user and run, from all that they were given and what of it they still have: two queries, two more
    where somebody of them has left."""
    histories: dict[int, list[tuple[datetime, int, int]]] = {user: [] for user in users}
    listed = Allocation.objects.filter(organisation=organisation).order_by("pk")
    for user, at, number, direction, tokens in listed.values_list(
        "user_id", "at", "number", "direction", "tokens_micro"
    ):
        if user in users:
            sign = 1 if direction == Allocation.Direction.ALLOCATE else -1
            histories[user].append((at, number, sign * tokens))
    held = Account.objects.filter(source_id=holding.wallet_id, kind="allocated")
    wallets = dict(held.values_list("holder_id", "balance"))
    owners = dict(Wallet.objects.filter(pk__in=list(wallets)).values_list("user_id", "pk"))
    for user, at, tokens in _came_back_late(organisation, holding, users, owners):
        histories[user].append((at, 0, tokens))
    return {
        user: fates(
            [(number, tokens) for _at, number, tokens in sorted(history, key=itemgetter(0))],
            wallets.get(owners.get(user, 0), 0),
        )
        for user, history in histories.items()
    }


def _came_back_late(
    organisation: Organisation, holding: Holding, users: set[int], owners: Mapping[int, int]
) -> list[tuple[int, datetime, int]]:
    """What was held when somebody left and came back with the hold's end: (user, at, micro-tokens)."""
    gone = Membership.objects.filter(organisation=organisation, user__in=users, ended_at__isnull=False)
    people = {owners[user]: user for user in gone.values_list("user_id", flat=True) if user in owners}
    if not people:
        return []
    late = Entry.objects.filter(
        account__kind="allocated",
        account__source_id=holding.wallet_id,
        account__holder_id__in=list(people),
        transfer__kind="reclaim",
        transfer__charge_id__isnull=False,
    )
    rows = late.order_by("pk").values_list("account__holder_id", "transfer__at", "amount")
    return [(people[holder or 0], at, amount) for holder, at, amount in rows]


def load_repeating(organisation: Organisation, **narrower: Any) -> tuple[Repeating, ...]:
    """What has not ended, the next first: at most three queries."""
    found = RecurringAllocation.objects.filter(organisation=organisation, ended_at=None, **narrower)
    rows = list(found.order_by("next_on", "pk"))
    keys = [row.subject_key for row in rows if row.subject_type == "cost_centre"]
    centres = dict(
        CostCentre.objects.filter(organisation=organisation, platform_id__in=keys).values_list(
            "platform_id", "name"
        )
        if keys
        else []
    )
    return tuple(Repeating(row, _whom(row, centres)) for row in rows)


def _whom(row: RecurringAllocation, centres: dict[str, str]) -> str:
    if row.subject_type == "role":
        return _("Members of the role %(role)s") % {"role": _(ROLES[Role(row.subject_key)])}
    if row.subject_type == "cost_centre":
        return _("Members of %(name)s") % {"name": centres.get(row.subject_key, row.subject_key)}
    return _("All members")


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One member in a run; `fate` where it gave."""

    name: str
    key: str
    tokens: int
    transfer: int
    fate: Fate | None


@dataclass(frozen=True, slots=True)
class RunPage:
    holding: Holding
    zone: ZoneInfo
    line: RunLine
    people: tuple[PersonLine, ...]
    number: int
    more: bool

    @property
    def places(self) -> int:
        amounts = [person.tokens for person in self.people]
        parts = [n for p in self.people if p.fate for n in (p.fate.spent, p.fate.left, p.fate.reclaimed)]
        return figures.column_places([*amounts, *parts])


def load_run_page(
    organisation: Organisation, holding: Holding, shell: Shell, run: int, *, number: int, room: int = PEOPLE
) -> RunPage:
    """One run with its members: seven queries beside the shell's. NotFound for another organisation's."""
    row = AllocationRun.objects.filter(organisation=organisation, number=run).first()
    if row is None:
        raise NotFound("There is no such allocation.")
    first = (number - 1) * room
    listed = Allocation.objects.filter(number=run).select_related("user").order_by("pk")
    people = list(listed[first : first + room + 1])
    became = fates_of(organisation, holding, [run]).get(run, {})
    line = _run_line(row, names_of({row.actor}), list(became.values()))
    shown = [
        PersonLine(
            str(given.user),
            given.user.platform_id,
            given.tokens_micro,
            given.transfer_id,
            became.get(given.user_id) if line.gives else None,
        )
        for given in people[:room]
    ]
    return RunPage(
        holding=holding,
        zone=zone(holding.calendar.zone_at(shell.at)),
        line=line,
        people=tuple(shown),
        number=number,
        more=len(people) > room,
    )
