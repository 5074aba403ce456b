"""Who pays, said so that everybody understands it. Pure but for the active language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.allocations.models import FundingRule
from apps.core import figures


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


def coverage_sentence(who: str, organisation: str, rule: FundingRule, until: str = "") -> str:
    """“Of every 100 tokens Ada spends beyond her free ones, the school pays 50, until 2,000 this month.”"""
    words = {"who": who, "organisation": organisation, "until": until}
    if rule.mode == FundingRule.Mode.SHARED_POOL:
        said = _("%(organisation)s pays all that %(who)s spends; the person’s own wallet is not touched")
    elif rule.coverage_micro_percent:
        words["percent"] = percent_text(rule.coverage_micro_percent)
        said = _("Of every 100 tokens %(who)s spends beyond the free ones, %(organisation)s pays %(percent)s")
    else:
        said = _("%(who)s pays all beyond allocated tokens; %(organisation)s covers nothing")
    pays = rule.mode == FundingRule.Mode.SHARED_POOL or rule.coverage_micro_percent
    return said % words + (_(", until %(until)s.") % words if until and pays else ".")
