"""The words of tables, columns and choices on the staff's pages, in the reader's language.

Django makes most of them from the names of models and fields. Written into each model they would stand in
every migration; here they are together, and put in place once all staff pages are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Field, Model
from django.forms.utils import pretty_name
from django.utils.translation import gettext, gettext_lazy, gettext_noop

SAID = frozenset(
    {
        gettext_noop("Above this purchase the page says: talk to us. In minor units."),
        gettext_noop("account"),
        gettext_noop("account type"),
        gettext_noop("account types"),
        gettext_noop("accounts"),
        gettext_noop("action"),
        gettext_noop("actor"),
        gettext_noop("address"),
        gettext_noop("Adjust wallet"),
        gettext_noop("Book payment"),
        gettext_noop("sold"),
        gettext_noop("Set default limit"),
        gettext_noop("Assign plan"),
        gettext_noop("Mark unlimited"),
        gettext_noop("Unmark unlimited"),
        gettext_noop("Retire plan"),
        gettext_noop("Define plan"),
        gettext_noop("Adjustment"),
        gettext_noop("An unlimited wallet's: may go below zero."),
        gettext_noop("API client"),
        gettext_noop("api client"),
        gettext_noop("api clients"),
        gettext_noop("api key"),
        gettext_noop("api keys"),
        gettext_noop("asked for"),
        gettext_noop("at"),
        gettext_noop("audit record"),
        gettext_noop("audit records"),
        gettext_noop("authenticator"),
        gettext_noop("authenticators"),
        gettext_noop("balance"),
        gettext_noop("balance after"),
        gettext_noop("Bonus: the tokens rise"),
        gettext_noop("C-number of the charge"),
        gettext_noop("C-number or ch_id, an e-mail address, a name, an id"),
        gettext_noop("Campus"),
        gettext_noop("Captured"),
        gettext_noop("case"),
        gettext_noop("cases"),
        gettext_noop("category"),
        gettext_noop("changed at"),
        gettext_noop("charge"),
        gettext_noop("charges"),
        gettext_noop("code"),
        gettext_noop("Components, margin, options, minima and flags; numbers are decimal text."),
        gettext_noop("cost centre"),
        gettext_noop("cost centres"),
        gettext_noop("Course"),
        gettext_noop("created at"),
        gettext_noop("closed at"),
        gettext_noop("From then on nobody belongs to it."),
        gettext_noop("cycle month"),
        gettext_noop("date joined"),
        gettext_noop("Dates"),
        gettext_noop("decided at"),
        gettext_noop("decided by"),
        gettext_noop("declaration"),
        gettext_noop("denied attempt"),
        gettext_noop("denied attempts"),
        gettext_noop("Department"),
        gettext_noop("detail"),
        gettext_noop("differences"),
        gettext_noop("Disable password-based authentication"),
        gettext_noop("Disabled"),
        gettext_noop("Discount: the price falls"),
        gettext_noop("Duplicate activity"),
        gettext_noop("effective from"),
        gettext_noop("effective on"),
        gettext_noop("email address"),
        gettext_noop("email addresses"),
        gettext_noop("Empty where the operation has no models."),
        gettext_noop("Enabled"),
        gettext_noop("ended at"),
        gettext_noop("entries"),
        gettext_noop("Entries here"),
        gettext_noop("entry"),
        gettext_noop("exchange rate"),
        gettext_noop("exchange rates"),
        gettext_noop("expires at"),
        gettext_noop("Field of the list to decimal text, in US dollars per unit."),
        gettext_noop("filled at"),
        gettext_noop("finished at"),
        gettext_noop("free grant"),
        gettext_noop("free grants"),
        gettext_noop("Freeze wallet"),
        gettext_noop("from at"),
        gettext_noop("frozen"),
        gettext_noop("grant"),
        gettext_noop("grants"),
        gettext_noop("Group"),
        gettext_noop("has models"),
        gettext_noop("held"),
        gettext_noop("hold"),
        gettext_noop("hold part"),
        gettext_noop("hold parts"),
        gettext_noop("holds"),
        gettext_noop("How many rules were asked."),
        gettext_noop("In minor units."),
        gettext_noop("Insufficient tokens"),
        gettext_noop("is active"),
        gettext_noop("is staff"),
        gettext_noop("ISO 4217; of two decimals."),
        gettext_noop("joined at"),
        gettext_noop("kind"),
        gettext_noop("kind of transfer"),
        gettext_noop("Largest purchase, in minor units."),
        gettext_noop("last login"),
        gettext_noop("last used at"),
        gettext_noop("ledger check"),
        gettext_noop("ledger checks"),
        gettext_noop("limit"),
        gettext_noop("Limit reached"),
        gettext_noop("listing"),
        gettext_noop("Lower bound, included, in minor units."),
        gettext_noop("membership"),
        gettext_noop("Members, present and past"),
        gettext_noop("memberships"),
        gettext_noop("micro percent"),
        gettext_noop("Micro-tokens by bucket: balance and held; below zero: owed."),
        gettext_noop("Micro-tokens."),
        gettext_noop("Minimum balance"),
        gettext_noop("model"),
        gettext_noop("movement"),
        gettext_noop("movements"),
        gettext_noop("name"),
        gettext_noop("No price"),
        gettext_noop("Not a member"),
        gettext_noop("number"),
        gettext_noop("Number of entries so far."),
        gettext_noop("opened at"),
        gettext_noop("operation"),
        gettext_noop("operations"),
        gettext_noop("options"),
        gettext_noop("organisation"),
        gettext_noop("organisations"),
        gettext_noop("outstanding"),
        gettext_noop("overdraft"),
        gettext_noop("owner"),
        gettext_noop("package"),
        gettext_noop("Packages"),
        gettext_noop("packages"),
        gettext_noop("password"),
        gettext_noop("Password-based authentication"),
        gettext_noop("Percent in millionths: 7.5 % is 7500000."),
        gettext_noop("Place in the bucket's own order."),
        gettext_noop("Plain decimal text, such as 1.15."),
        gettext_noop("Plan"),
        gettext_noop("position"),
        gettext_noop("prefix"),
        gettext_noop("price book"),
        gettext_noop("Price book mismatch"),
        gettext_noop("price books"),
        gettext_noop("Project"),
        gettext_noop("promotions"),
        gettext_noop("proposal"),
        gettext_noop("proposals"),
        gettext_noop("provider model"),
        gettext_noop("provider models"),
        gettext_noop("published at"),
        gettext_noop("published by"),
        gettext_noop("purpose"),
        gettext_noop("quote"),
        gettext_noop("rate"),
        gettext_noop("rate version"),
        gettext_noop("rate versions"),
        gettext_noop("rates"),
        gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),
        gettext_noop("reason"),
        gettext_noop("Reclaim"),
        gettext_noop("Refund charge"),
        gettext_noop("Release charge"),
        gettext_noop("Publish rate"),
        gettext_noop("Load price file"),
        gettext_noop("reporter"),
        gettext_noop("requested at"),
        gettext_noop("requested by"),
        gettext_noop("Reset password"),
        gettext_noop("revoked at"),
        gettext_noop("role"),
        gettext_noop("Rows by table."),
        gettext_noop("rules"),
        gettext_noop("sequence"),
        gettext_noop("slug"),
        gettext_noop("Smallest purchase, in minor units."),
        gettext_noop("spec"),
        gettext_noop("Standing"),
        gettext_noop("started at"),
        gettext_noop("status"),
        gettext_noop("subject"),
        gettext_noop("T-number of a transfer, a wallet's number, an e-mail address, a name, an id"),
        gettext_noop("T-number, an e-mail address, a name, an id"),
        gettext_noop("T-number, C-number of a charge, an e-mail address, a name, an id"),
        gettext_noop("The beginning of the key, to tell it by."),
        gettext_noop("What it is for, in its owner's words."),
        gettext_noop("The one organisation that its keys read; none: no such bound."),
        gettext_noop("The first of each rule: rule, subject, detail."),
        gettext_noop("The number of a wallet, an e-mail address, a name, an id"),
        gettext_noop("The number of what it is held for."),
        gettext_noop("The owner's id, e-mail address or name"),
        gettext_noop("The owner's id, e-mail address or name, or the number of the wallet"),
        gettext_noop("The platform's id of a person or organisation, or an e-mail address"),
        gettext_noop("The platform's id of the cost centre or organisation"),
        gettext_noop("The platform's id of the person or organisation, an e-mail address, a name"),
        gettext_noop("The platform's id, an e-mail address, the beginning of a name"),
        gettext_noop("The platform's id, or the beginning of the name"),
        gettext_noop("tokens"),
        gettext_noop("tokens a month"),
        gettext_noop("tokens micro"),
        gettext_noop("transfer"),
        gettext_noop("transfers"),
        gettext_noop("Unfreeze wallet"),
        gettext_noop("unlimited"),
        gettext_noop("used"),
        gettext_noop("user"),
        gettext_noop("users"),
        gettext_noop("value"),
        gettext_noop("volume tier"),
        gettext_noop("volume tiers"),
        gettext_noop("wallet"),
        gettext_noop("Wallet frozen"),
        gettext_noop("wallets"),
        gettext_noop("What one token costs, in minor units; never changes."),
        gettext_noop("What the file last said beside operations: staff's edits stay until it changes."),
        gettext_noop("What the file last said of its name, category and examples."),
        gettext_noop("What the file last said of its price."),
        gettext_noop("when"),
        gettext_noop("When it last rose from zero."),
        gettext_noop("Whether a charge must name a model."),
        gettext_noop("Whether promotions are offered."),
        gettext_noop("Whether unused bought tokens turn back into money."),
        gettext_noop("Who asked for it"),
        gettext_noop("Who asked for it: a person, the clock."),
        gettext_noop("Who or what published it."),
        gettext_noop("Who, or what it is about, such as organisation:aldermoor"),
        gettext_noop("bill"),
        gettext_noop("bills"),
        gettext_noop("resource"),
        gettext_noop("resources"),
        gettext_noop("payer"),
        gettext_noop("month"),
        gettext_noop("due at"),
        gettext_noop("state"),
        gettext_noop("members"),
        gettext_noop("stored bytes"),
        gettext_noop("platform id"),
        gettext_noop("Open"),
        gettext_noop("Overdue"),
        gettext_noop("Settled"),
        gettext_noop("Void"),
        gettext_noop("B-number, an e-mail address, a name, an id"),
        gettext_noop("The platform's id of the resource, or its owner"),
        gettext_noop("Bill"),
        gettext_noop("Bill refund"),
        gettext_noop("Void bill"),
        gettext_noop("Set free grant"),
        gettext_noop("Add account type"),
    }
)
"""What no page of ours says itself, for the translators."""


def put_in_place(site: AdminSite) -> None:
    """Let every page of the site name its tables, columns and choices in the reader's language."""
    for model, pages in site._registry.items():
        _name(pages, model)
        for inline in pages.inlines:
            _name(inline, inline.model)


def translated(words: str) -> str:
    """The words in the language of this request, where they have a translation."""
    return gettext(words) if words else words


def _name(pages: Any, model: type[Model]) -> None:
    options = model._meta
    options.verbose_name = _lazily(options.verbose_name)
    options.verbose_name_plural = _lazily(options.verbose_name_plural)
    for field in options.concrete_fields:
        _name_field(field)
    for method in _columns(pages):
        method.short_description = _lazily(_title(method))
    for attribute in ("verbose_name", "verbose_name_plural", "search_help_text"):
        if getattr(pages, attribute, None):
            setattr(pages, attribute, _lazily(getattr(pages, attribute)))
    if pages.fieldsets:
        pages.fieldsets = [(name and _lazily(name), fields) for name, fields in pages.fieldsets]


def _name_field(field: Field[Any, Any]) -> None:
    field.verbose_name = _lazily(field.verbose_name)
    if field.help_text:
        field.help_text = _lazily(field.help_text)
    if field.choices:
        field.choices = [(value, _lazily(label)) for value, label in field.flatchoices]


def _columns(pages: Any) -> Iterator[Any]:
    """The methods that fill columns or lines."""
    owner = pages if isinstance(pages, type) else type(pages)
    names = {*(pages.list_display if hasattr(pages, "list_display") else ())}
    names |= {name for name in (*(pages.fields or ()), *pages.readonly_fields) if isinstance(name, str)}
    for name in sorted(name for name in names if isinstance(name, str)):
        method = getattr(owner, name, None)
        if callable(method):
            yield method


def _title(method: Any) -> Any:
    return getattr(method, "short_description", None) or pretty_name(method.__name__)


def _lazily(words: Any) -> Any:
    return gettext_lazy(str(words)) if words else words
