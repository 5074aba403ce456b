"""Mails to payers whose bills could not be paid: when issued, and when uploads are blocked for it."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, Min, Sum
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.events.outbox import receive
from apps.hosting.bills import UNPAID
from apps.hosting.entitlements import overdue_of
from apps.hosting.models import Bill
from apps.hosting.settling import BILLS_OVERDUE, BILLS_UNPAID
from apps.organisations.models import Membership, Role
from apps.wallets.models import Wallet

READS_MONEY = (Role.OWNER, Role.ADMIN, Role.BILLING)


def register() -> None:
    """Hear of bills that are not paid."""
    receive(BILLS_UNPAID, tell_payer)
    receive(BILLS_OVERDUE, tell_payer)


def tell_payer(wallet_id: int, at: datetime) -> None:
    """Write to who can pay; nothing where all was paid meanwhile, or where there is no address."""
    wallet = Wallet.objects.select_related("user", "organisation").get(pk=wallet_id)
    bills = Bill.objects.filter(payer=wallet, state__in=UNPAID)
    owed = bills.aggregate(count=Count("id"), tokens=Sum("tokens_micro"), due=Min("due_at"))
    to = _addresses(wallet)
    if not owed["count"] or not to:
        return
    blocked = overdue_of(wallet_id, at=at) is not None
    with translation.override(settings.LANGUAGE_CODE):
        subject, text = _words(wallet, owed["count"], int(owed["tokens"]), owed["due"], blocked=blocked)
    for address in to:
        send_mail(subject, text, None, [address])


def _addresses(wallet: Wallet) -> list[str]:
    """The person's own, or those of an organisation who read its money."""
    if wallet.user is not None:
        return [wallet.user.email] if wallet.user.email else []
    members = Membership.objects.filter(
        organisation=wallet.organisation, role__in=READS_MONEY, ended_at=None
    ).exclude(user__email="")
    return list(members.order_by("pk").values_list("user__email", flat=True))


def _words(wallet: Wallet, count: int, tokens: int, due: datetime, *, blocked: bool) -> tuple[str, str]:
    owner = str(wallet.user or wallet.organisation)
    words = {
        "count": figures.count(count),
        "tokens": figures.figure(tokens),
        "day": figures.day_and_year(wallet.calendar.day_of(due)),
        "owner": owner,
    }
    if blocked:
        subject = _("Uploads are blocked: bills of %(owner)s are overdue") % words
    else:
        subject = _("Bills of %(owner)s are to be paid by %(day)s") % words
    amount = ngettext(
        "%(count)s bill for hosting and storage over %(tokens)s tokens could not be paid from the wallet.",
        "%(count)s bills for hosting and storage over %(tokens)s tokens could not be paid from the wallet.",
        count,
    )
    then = (
        _("It was due by %(day)s, so uploads are blocked and paid features limited.")
        if blocked
        else _("If it is not paid by %(day)s, uploads are blocked until it is.")
    )
    what = _("Add tokens: they pay the oldest bill first, within seconds. Nothing is deleted.")
    text = "\n".join([amount % words, then % words, what, ""])
    return " ".join(subject.split()), text
