"""Notices in words: a title and a sentence by kind, in the reader's language. Amounts are micro-tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.core import figures

AMOUNTS = frozenset({"tokens", "granted", "balance", "below"})
TITLES = {
    "limit_asked": gettext_noop("%(name)s asks for %(tokens)s tokens more"),
    "limit_granted": gettext_noop("%(organisation)s granted %(granted)s tokens until the period ends"),
    "limit_raised": gettext_noop("%(organisation)s granted %(granted)s tokens more for good"),
    "limit_declined": gettext_noop("%(organisation)s declined your request for %(tokens)s tokens"),
    "recurring_skipped": gettext_noop("A recurring allocation of %(organisation)s was skipped"),
    "balance_low": gettext_noop("The balance of %(name)s is low: %(balance)s tokens"),
    "own_balance_low": gettext_noop("Your balance is low: %(balance)s tokens"),
}
SENTENCES = {
    "limit_asked": gettext_noop("At %(organisation)s: “%(reason)s” It waits for your decision."),
    "limit_granted": gettext_noop("It holds at once. %(answer)s"),
    "limit_raised": gettext_noop("It holds at once. %(answer)s"),
    "limit_declined": gettext_noop("“%(answer)s”"),
    "recurring_skipped": gettext_noop("Nobody got any tokens: %(reason)s"),
    "balance_low": gettext_noop("It fell below %(below)s, the threshold at %(organisation)s."),
    "own_balance_low": gettext_noop("It fell below %(below)s."),
}


def title(kind: str, facts: Mapping[str, Any]) -> str:
    """What happened, in one line."""
    return _(TITLES[kind]) % _words(facts)


def sentence(kind: str, facts: Mapping[str, Any]) -> str:
    """What there is to know about it."""
    return (_(SENTENCES[kind]) % _words(facts)).strip()


def _words(facts: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(figures.figure(value)) if name in AMOUNTS and isinstance(value, int) else str(value)
        for name, value in facts.items()
    }
