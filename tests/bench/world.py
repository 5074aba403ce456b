"""Scrip's side of the benchmark: prices, people, organisations and tokens, written in bulk.

Everybody has a million purchased tokens and is a member of three organisations: `hot` (one shared pool
for all), one of a hundred that cover half of AI spending within limits per member and in all, and one
with a shared pool for this member alone.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.management import call_command
from django.db import transaction

from apps.allocations.models import FundingRule, SpendingLimit
from apps.core.clock import now
from apps.core.units import MICRO
from apps.identity.models import ApiClient, User
from apps.ledger import platform
from apps.ledger.models import Account
from apps.organisations.models import Membership, Organisation
from apps.usage.state import Activity, ChargeRequest
from apps.wallets.books import open_desk, write
from apps.wallets.models import Wallet
from apps.wallets.services import sync_organisation
from apps.wallets.state import BURN_ORDER
from tests.bench.names import COVERING, HOT, alone, covered, person
from tests.bench.size import Size

TOKENS = 10**6 * MICRO
MEMBERSHIP_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def prepare(size: Size) -> None:
    """Migrate, load the shipped prices and make everybody."""
    call_command("migrate", verbosity=0)
    call_command("load_price_book", shipped=True, verbosity=0)
    at = now()
    with transaction.atomic():
        ApiClient.objects.create(name="bench", created_at=at)
        for key in (HOT, *map(covered, range(COVERING))):
            sync_organisation(key=key, fields={"name": key}, at=at)
        _open_wallets(size, at)
        _join(size)
        _set_rules()
    _credit(at)


def _open_wallets(size: Size, at: datetime) -> None:
    """A person and an organisation of their own each, with their wallets and buckets."""
    like = Wallet.objects.get(owner_key=HOT)
    common = {
        "price_book_id": like.price_book_id,
        "cycle_month": like.cycle_month,
        "cycle_ends_at": like.cycle_ends_at,
        "created_at": at,
    }
    numbers = range(size.wallets)
    users = User.objects.bulk_create(
        [User(platform_id=person(n), email=f"{person(n)}@bench.example", password="!") for n in numbers]
    )
    organisations = Organisation.objects.bulk_create(
        [Organisation(platform_id=alone(n), name=alone(n), slug=alone(n), created_at=at) for n in numbers]
    )
    wallets = [Wallet(owner_type="user", owner_key=u.platform_id, user=u, **common) for u in users]
    wallets += [
        Wallet(owner_type="organisation", owner_key=o.platform_id, organisation=o, **common)
        for o in organisations
    ]
    opened = Wallet.objects.bulk_create(wallets)
    Account.objects.bulk_create(
        [Account(holder_id=wallet.pk, kind=kind) for wallet in opened for kind in BURN_ORDER]
    )


def _join(size: Size) -> None:
    organisations = {o.platform_id: o for o in Organisation.objects.all()}
    users = {u.platform_id: u for u in User.objects.all()}
    Membership.objects.bulk_create(
        [
            Membership(
                organisation=organisations[key],
                user=users[person(number)],
                role="member",
                joined_at=MEMBERSHIP_SINCE,
            )
            for number in range(size.wallets)
            for key in (HOT, covered(number), alone(number))
        ]
    )


def _set_rules() -> None:
    organisations = list(Organisation.objects.all())
    covering = [o for o in organisations if o.platform_id.startswith("covered-")]
    rules = [
        FundingRule(organisation=o, subject_type="organisation", mode="shared_pool") for o in organisations
    ]
    for rule in rules:
        if rule.organisation in covering:
            rule.mode, rule.coverage_micro_percent = "member_wallets", 50 * MICRO
    FundingRule.objects.bulk_create(rules)
    subjects = (("members", "day"), ("members", "month"), ("organisation", "month"))
    SpendingLimit.objects.bulk_create(
        [
            SpendingLimit(organisation=o, subject_type=subject, period=period, tokens_micro=TOKENS)
            for o in covering
            for subject, period in subjects
        ]
    )


def _credit(at: datetime) -> None:
    """A million tokens for each wallet, through the books, some thousand wallets at a time."""
    every = list(Wallet.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(every), 5_000):
        with transaction.atomic():
            desk = open_desk(every[start : start + 5_000], at=at)
            for wallet in desk.wallets.values():
                desk.post(
                    "migration",
                    at,
                    [(wallet.bucket("purchased"), TOKENS)],
                    against=platform.MIGRATED,
                    description="Carried over",
                    credit=True,
                )
            write(desk, at=at)


def client_id() -> int:
    return ApiClient.objects.get(name="bench").pk


def request_of(number: int, organisation: str | None, *, event_id: str | None = None) -> ChargeRequest:
    """A chat of the usual length, charged at once."""
    return ChargeRequest(
        user=person(number),
        organisation=organisation,
        operation="chat",
        model="claude-sonnet-4-6",
        quantities={"input_token": 1_200 * MICRO, "output_token": 350 * MICRO},
        activity=Activity("conversation", f"c{number}", "AI chat"),
        capture=True,
        event_id=event_id,
        event_digest="0" * 64 if event_id else "",
    )
