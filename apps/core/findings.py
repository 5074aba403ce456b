"""What a chart shows, said in a sentence: the titles of charts. Pure but for the active language.

Each title is one whole sentence to translate. `days` are days as `figures.days_between` writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _


def spending_title(now: int, before: int, *, days: str, top: str = "", top_amount: int = 0) -> str:
    """Micro-tokens spent against those of the `days` before; `top` is named if it is half or more."""
    if now <= 0:
        return _("Nothing was spent, unlike %(days)s") % {"days": days} if before > 0 else _("Nothing spent")
    words = {"days": days, "top": top, "percent": _change(now, before)}
    if not top or top_amount * 2 < now:
        return _plain(now, before) % words
    return _with_top(now, before) % words


def _change(now: int, before: int) -> int:
    """The difference in whole percent of what was before, rounded."""
    return (abs(now - before) * 100 + before // 2) // before if before > 0 else 0


def _plain(now: int, before: int) -> str:
    if before <= 0:
        return _("Spending has begun: there was none from %(days)s")
    if now >= before * 3:
        return _("Spending is more than three times that of %(days)s")
    if _change(now, before) == 0:
        return _("Spending is level with %(days)s")
    if now < before:
        return _("Spending is %(percent)d %% below %(days)s")
    return _("Spending is %(percent)d %% above %(days)s")


def _with_top(now: int, before: int) -> str:
    if before <= 0:
        return _("Spending has begun, mostly %(top)s: there was none from %(days)s")
    if now >= before * 3:
        return _("Spending is more than three times that of %(days)s, mostly %(top)s")
    if _change(now, before) == 0:
        return _("Spending is level with %(days)s, mostly %(top)s")
    if now < before:
        return _("Spending is %(percent)d %% below %(days)s, mostly %(top)s")
    return _("Spending is %(percent)d %% above %(days)s, mostly %(top)s")


About = Literal["thing", "person", "payer"]
"""What the rows of a breakdown are."""


def share_title(name: str, amount: int, total: int, about: About = "thing") -> str:
    """Which row of a breakdown comes first and what its share is."""
    if total <= 0:
        return _("Nothing to break down")
    percent = (max(amount, 0) * 100 + total // 2) // total
    sentence = _whole_share(about) if amount >= total else _part_share(about, amount * 2 > total)
    return sentence % {"name": name, "percent": percent}


def _whole_share(about: About) -> str:
    if about == "person":
        return _("%(name)s used all of it")
    return _("All of it was paid from one source: %(name)s") if about == "payer" else _("All of it: %(name)s")


def _part_share(about: About, is_most: bool) -> str:
    if about == "person":
        return _("%(name)s used %(percent)d %% of it")
    if about == "payer":
        return _("Largest source: %(name)s, %(percent)d %%")
    if is_most:
        return _("%(percent)d %% went on one thing: %(name)s")
    return _("%(name)s comes first with %(percent)d %%")


def half_title(amounts: Sequence[int], total: int) -> str:
    """How many members, the largest first, make up half of what all spent or more."""
    if total <= 0:
        return _("No member has spent anything this month")
    so_far = count = 0
    for amount in amounts:
        if so_far * 2 >= total:
            break
        so_far, count = so_far + amount, count + 1
    if so_far * 2 < total:
        return ngettext(
            "The member who spent most makes up %(percent)d %% of the spending",
            "The %(count)d members who spent most make up %(percent)d %% of the spending",
            count,
        ) % {"count": count, "percent": so_far * 100 // total}
    return ngettext(
        "One member makes up half of the spending or more",
        "%(count)d members make up %(percent)d %% of the spending",
        count,
    ) % {"count": count, "percent": so_far * 100 // total}


def inside_a_sentence(name: str) -> str:
    """``Real-time sessions`` → ``real-time sessions``; abbreviations and German nouns stay."""
    stays = name[1:2].isupper() or (get_language() or "").startswith("de")
    return name if stays else name[:1].lower() + name[1:]
