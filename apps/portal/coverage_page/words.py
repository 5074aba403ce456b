"""Who pays, said so that everybody understands it. Pure but for the active language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.allocations.limits import LimitRule
from apps.allocations.models import FundingRule
from apps.core import figures
from apps.core.periods import PERIODS, Period


def percent_text(micro_percent: int) -> str:
    """``50`` or ``12.5``."""
    return str(figures.figure(micro_percent))


def mode_text(rule: FundingRule) -> str:
    """``Shared pool``, ``Coverage 50 %``, ``Member wallets``."""
    if rule.mode == FundingRule.Mode.SHARED_POOL:
        return _("Shared pool: the organisation pays all")
    if rule.coverage_micro_percent:
        return _("Member wallets, %(percent)s %% covered") % {
            "percent": percent_text(rule.coverage_micro_percent)
        }
    return _("Member wallets, nothing covered")


def tokens_within(tokens: int, period: Period) -> str:
    """``2,000 this month``."""
    words = {
        "day": _("%(tokens)s today"),
        "week": _("%(tokens)s this week"),
        "month": _("%(tokens)s this month"),
        "total": _("%(tokens)s in total"),
    }
    return words[period] % {"tokens": figures.figure(tokens)}


def coverage_sentence(who: str, organisation: str, rule: FundingRule, held: Iterable[LimitRule]) -> str:
    """“Of every 100 tokens Ada spends beyond her free ones, the school pays 50, until 2,000 this month.”

    `held` are the limits on what the organisation pays for the person.
    """
    words = {"who": who, "organisation": organisation, "until": _until(held)}
    if rule.mode == FundingRule.Mode.SHARED_POOL:
        said = _(
            "%(organisation)s pays all that %(who)s spends%(until)s; the person’s own wallet is not touched."
        )
    elif rule.coverage_micro_percent:
        words["percent"] = percent_text(rule.coverage_micro_percent)
        said = _(
            "Of every 100 tokens %(who)s spends beyond the free ones, "
            "%(organisation)s pays %(percent)s%(until)s."
        )
    else:
        said = _("%(who)s pays all beyond allocated tokens; %(organisation)s covers nothing.")
    return said % words


def _until(held: Iterable[LimitRule]) -> str:
    """``, until 100 today or 2,000 this month``; nothing where no limit holds."""
    ordered = sorted(held, key=lambda rule: PERIODS.index(rule.period))
    said = [tokens_within(rule.tokens, rule.period) for rule in ordered if rule.tokens is not None]
    return _(", until %(until)s") % {"until": _(" or ").join(said)} if said else ""
