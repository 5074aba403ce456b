"""One search box for everything that people read out to staff: exact hits first, then names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.units import STORABLE
from apps.hosting.models import Bill
from apps.identity.models import ApiClient, User
from apps.ledger.models import Transfer
from apps.staff.access import may_view
from apps.staff.books.finding import MOST_WALLETS, clean, number, users_of, wallets_of
from apps.support.models import Case
from apps.usage.models import Charge
from apps.wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: where it is explained, what it is, and by what it is told from others.

    `exact` hits are what was typed itself, not only something that begins so.
    """

    group: str | Promise
    url: str
    title: str
    detail: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought; `more` if there may be further ones."""

    wanted: str
    hits: tuple[Hit, ...] = ()
    more: bool = False

    @property
    def only(self) -> Hit | None:
        """The one thing that is meant, if that is clear."""
        exact = [hit for hit in self.hits if hit.exact]
        meant = exact or self.hits
        return meant[0] if len(meant) == 1 else None

    @property
    def groups(self) -> dict[str, list[Hit]]:
        found: dict[str, list[Hit]] = {}
        for hit in self.hits:
            found.setdefault(str(hit.group), []).append(hit)
        return found


WALLETS = gettext_lazy("Wallets")
CHARGES = gettext_lazy("Charges")
CASES = gettext_lazy("Cases")
BILLS = gettext_lazy("Bills")
TRANSFERS = gettext_lazy("Transfers")
PEOPLE = gettext_lazy("People without a wallet")
CLIENTS = gettext_lazy("API clients")


def search(typed: str, request: HttpRequest) -> Found:
    """Everything that is meant by what was typed, as far as this person may look at it.

    At most eleven queries, each answered by an index.
    """
    term = clean(typed)
    if not term:
        return Found("")
    hits = [*_numbered(term), *_wallets(term), *_people(term), *_clients(term)]
    seen = [hit for group, hit in hits if may_view(request, group)]
    return Found(term, tuple(seen), len(seen) >= MOST_WALLETS)


def _numbered(term: str) -> Iterable[tuple[str, Hit]]:
    read = number(term)
    if read is None or read[1] > STORABLE:
        return
    kind, value = read
    if kind in ("transfer", "any"):
        for transfer in Transfer.objects.filter(pk=value):
            yield (
                "ledger.transfer",
                Hit(TRANSFERS, _url("ledger_transfer", value), str(transfer), transfer.kind, True),
            )
    if kind in ("case", "any"):
        for case in Case.objects.filter(pk=value).select_related("reporter"):
            title = f"{case.number} · {case.title}"
            yield "support.case", Hit(CASES, _url("support_case", value), title, str(case.reporter), True)
    if kind in ("bill", "any"):
        for bill in Bill.objects.filter(pk=value).select_related("resource", "payer"):
            detail = f"{bill.resource} · {bill.month:%Y-%m} · {bill.payer.owner_key}"
            yield "hosting.bill", Hit(BILLS, _url("hosting_bill", value), str(bill), detail, True)
    if kind in ("charge", "any"):
        for charge in Charge.objects.filter(pk=value).select_related("wallet"):
            detail = f"{charge.operation} · {charge.wallet.owner_key}"
            yield "usage.charge", Hit(CHARGES, _url("usage_charge", value), str(charge), detail, True)


def _wallets(term: str) -> Iterable[tuple[str, Hit]]:
    read = number(term)
    ids = set(wallets_of(term))
    if read and read[0] == "any" and read[1] <= STORABLE:
        ids.add(read[1])
    rows = Wallet.objects.filter(pk__in=ids).select_related("user", "organisation").order_by("id")
    for wallet in rows:
        title, detail, names = _owner(wallet)
        exact = term.casefold() in {name.casefold() for name in names}
        yield "wallets.wallet", Hit(WALLETS, _url("wallets_wallet", wallet.pk), title, detail, exact)


def _owner(wallet: Wallet) -> tuple[str, str, tuple[str, ...]]:
    """Title, detail and what the wallet is exactly called."""
    if wallet.user is not None:
        user = wallet.user
        detail = f"{user.email} · {wallet.owner_key}" if user.email else wallet.owner_key
        return str(user), detail, (user.email, wallet.owner_key, user.name, str(wallet.pk))
    organisation = wallet.organisation
    if organisation is None:
        return wallet.owner_key, "", (wallet.owner_key, str(wallet.pk))
    detail = _("Organisation · %(key)s") % {"key": wallet.owner_key}
    return organisation.name, detail, (organisation.name, organisation.slug, wallet.owner_key, str(wallet.pk))


def _people(term: str) -> Iterable[tuple[str, Hit]]:
    """Those without a wallet, such as staff; all others are found by their wallet."""
    for user in User.objects.filter(pk__in=users_of(term), wallet=None).order_by("id"):
        exact = term.casefold() in {user.email.casefold(), user.name.casefold()}
        yield "identity.user", Hit(PEOPLE, _url("identity_user", user.pk), str(user), user.email, exact)


def _clients(term: str) -> Iterable[tuple[str, Hit]]:
    for client in ApiClient.objects.filter(name=term):
        yield "identity.apiclient", Hit(CLIENTS, _url("identity_apiclient", client.pk), client.name, "", True)


def _url(place: str, key: int) -> str:
    return reverse(f"admin:{place}_change", args=[key])
