"""What the services make and the large world copies: prices, one charge of each kind, the staff."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.management import call_command

from apps.core.clock import now
from apps.core.units import MICRO
from apps.identity.models import User
from apps.identity.services import Author, create_api_client
from apps.ledger.checking import check_ledger
from apps.usage.services import create_charge
from apps.usage.state import Activity, ChargeRequest
from apps.wallets.services import credit_wallet, sync_organisation, sync_user

OPERATIONS = {
    "search": "request",
    "integration": "request",
    "live_session": "participant_minute",
    "query": "row",
}
QUANTITY = 100 * MICRO


def prepare() -> None:
    """Migrate, load the shipped prices, and charge a person once for each operation."""
    call_command("migrate", verbosity=0)
    call_command("load_price_book", shipped=True, verbosity=0)
    at = now() - timedelta(minutes=1)
    create_api_client(name="bench", at=at, by=Author("bench"))
    sync_user(key="pattern", fields={"name": "Pattern", "email": "pattern@bench.example"}, at=at)
    sync_organisation(key="pattern", fields={"name": "Pattern"}, at=at)
    credit_wallet(
        owner_type="user",
        key="pattern",
        tokens=10**6 * MICRO,
        kind="migration",
        reason="",
        actor="bench",
        at=at,
    )
    for operation, unit in OPERATIONS.items():
        _charge(operation, unit, at)
    for role in ("support", "finance"):
        _staff(role)
    check_ledger(actor="clock", at=at)


def _charge(operation: str, unit: str, at: datetime) -> None:
    request = ChargeRequest(
        user="pattern",
        operation=operation,
        quantities={unit: QUANTITY},
        activity=Activity("session", "s-1", "Statistics tutorial"),
        capture=True,
    )
    create_charge(request, client_id=None, at=at)


def _staff(role: str) -> None:
    user = User.objects.create_user(role, email=f"{role}@bench.example", name=role.title(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
