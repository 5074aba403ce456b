"""Who is told what: events of the floors below become notices and mails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.allocations import inviting, recurring, requests
from apps.allocations.models import Invitation, LimitRequest, RecurringAllocation
from apps.events.outbox import receive
from apps.identity.models import User
from apps.notifications.models import Notice
from apps.notifications.wording import sentence, title
from apps.organisations.models import Organisation, Role
from apps.wallets.books import LOW, project
from apps.wallets.models import Movement, Wallet
from apps.wallets.places import stretch_between

DECIDERS = (Role.OWNER, Role.ADMIN)


def register() -> None:
    """Hear of what people are to be told."""
    receive(requests.ASKED, tell_deciders_of_request)
    receive(requests.DECIDED, tell_who_asked)
    receive(recurring.SKIPPED, tell_of_skipped)
    receive(inviting.INVITED, send_invitation)
    receive(LOW, tell_of_low_balance)


def tell(people: Iterable[User], kind: str, facts: Mapping[str, Any], url: str, at: datetime) -> None:
    """A notice for each in the page, and a mail to those who have an address."""
    listed = list(people)
    Notice.objects.bulk_create(
        [Notice(user=user, kind=kind, facts=dict(facts), url=url, at=at) for user in listed]
    )
    with translation.override(settings.LANGUAGE_CODE):
        subject, text = title(kind, facts), sentence(kind, facts)
        for user in listed:
            if user.email:
                send_mail(" ".join(subject.split()), f"{text}\n\n{address(url)}\n", None, [user.email])


def address(path: str) -> str:
    """A page's address for a mail."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def deciders(organisation: Organisation) -> list[User]:
    """The owners and admins of an organisation."""
    members = organisation.memberships.filter(role__in=DECIDERS, ended_at=None).select_related("user")
    return [member.user for member in members.order_by("pk")]


def tell_deciders_of_request(request_id: int, at: datetime) -> None:
    """A request waits; nothing where it was decided or taken back meanwhile."""
    found = LimitRequest.objects.select_related("organisation", "user").get(pk=request_id)
    if found.state != LimitRequest.State.OPEN:
        return
    facts = {
        "name": str(found.user),
        "tokens": found.tokens_micro,
        "organisation": found.organisation.name,
        "reason": found.reason,
    }
    url = reverse("organisation_requests", args=[found.organisation.slug])
    tell(deciders(found.organisation), "limit_asked", facts, url, at)


def tell_who_asked(request_id: int, at: datetime) -> None:
    """What was decided."""
    found = LimitRequest.objects.select_related("organisation", "user").get(pk=request_id)
    facts = {
        "organisation": found.organisation.name,
        "tokens": found.tokens_micro,
        "granted": found.granted_micro or 0,
        "answer": found.answer,
    }
    tell([found.user], f"limit_{found.state}", facts, reverse("budget"), at)


def tell_of_skipped(number: int, at: datetime) -> None:
    """A recurring allocation could not be made."""
    found = RecurringAllocation.objects.select_related("organisation").get(pk=number)
    if not found.skipped:
        return
    facts = {"organisation": found.organisation.name, "reason": found.skipped}
    url = reverse("allocations", args=[found.organisation.slug])
    tell(deciders(found.organisation), "recurring_skipped", facts, url, at)


def send_invitation(number: int, at: datetime) -> None:
    """The mail with the link; nothing where it was taken back meanwhile."""
    found = Invitation.objects.select_related("organisation").get(pk=number)
    if found.revoked_at is not None or found.accepted_at is not None:
        return
    link = address(reverse("invitation", args=[inviting.link_of(found)]))
    with translation.override(settings.LANGUAGE_CODE):
        words = {"organisation": found.organisation.name, "link": link}
        subject = _("%(organisation)s invites you to Scrip") % words
        text = _(
            "%(organisation)s invites you to its members. Open this link to join:\n\n%(link)s\n\n"
            "It holds for 30 days. If you do not know %(organisation)s, do nothing."
        )
        send_mail(" ".join(subject.split()), f"{text % words}\n", None, [found.email])


def tell_of_low_balance(wallet_id: int, at: datetime) -> None:
    """A balance fell below what is watched: the owner is told, and who decides about the member's balance.

    Nothing where it has risen again meanwhile.
    """
    wallet = Wallet.objects.select_related("user", "organisation").get(pk=wallet_id)
    balance = project([wallet_id], at=at).wallets[wallet_id].balance
    watched = [wallet.watch_micro, *(wallet.watch_lower or [])]
    passed = [below for below in watched if below is not None and balance < below]
    if not passed:
        return
    facts = {"balance": balance, "below": min(passed)}
    if wallet.organisation is not None:
        name = wallet.organisation.name
        url = reverse("organisation", args=[wallet.organisation.slug])
        facts_of = {**facts, "name": name, "organisation": name}
        tell(deciders(wallet.organisation), "balance_low", facts_of, url, at)
    if wallet.user is None:
        return
    tell([wallet.user], "own_balance_low", facts, reverse("wallet"), at)
    for organisation in Organisation.objects.filter(
        memberships__user=wallet.user, memberships__ended_at=None, member_alert__isnull=False
    ).select_related("member_alert"):
        _tell_organisation(organisation, wallet, wallet.user, balance, at)


def _tell_organisation(
    organisation: Organisation, wallet: Wallet, member: User, balance: int, at: datetime
) -> None:
    """Those who decide, once for each time that the balance falls below their threshold."""
    below = wallet.alert_below_micro or organisation.member_alert.below_micro
    url = reverse("member", args=[organisation.slug, wallet.owner_key])
    others = [user for user in deciders(organisation) if user.pk != member.pk]
    if balance >= below or _told_since_it_rose(wallet, others, url, below):
        return
    facts = {"balance": balance, "below": below, "name": str(member), "organisation": organisation.name}
    tell(others, "balance_low", facts, url, at)


def _told_since_it_rose(wallet: Wallet, people: list[User], url: str, below: int) -> bool:
    """Whether they know: with several thresholds a balance falls below one of them after another."""
    if not wallet.watch_lower:
        return False
    notices = Notice.objects.filter(user__in=people, kind="balance_low", url=url)
    told_at = notices.order_by("-at").values_list("at", flat=True).first()
    if told_at is None:
        return False
    after = stretch_between(wallet.pk, told_at, None).after
    return not Movement.objects.filter(
        wallet=wallet, sequence__gt=after, at__gte=told_at, balance_after__gte=below
    ).exists()
