"""What a change would do, said before it is made. Pure but for the active language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core import figures
from apps.wallets.alerts import is_low


@dataclass(frozen=True, slots=True)
class BudgetEffect:
    """A personal budget before and after (micro-tokens a month; None is none), and what was `spent` of it.

    `blocks` is whether spending stops there; `resets` says when the month ends.
    """

    before: int | None
    after: int | None
    blocks: bool
    spent: int
    resets: str

    @property
    def left(self) -> int | None:
        return None if self.after is None else max(self.after - self.spent, 0)

    @property
    def sentence(self) -> str:
        """What follows from it."""
        words = {"resets": self.resets}
        if self.after is None:
            return _("Nothing but your balance limits what your own wallet pays.")
        if not self.blocks:
            return _("Nothing stops there: your wallet page shows when it is near or reached.")
        if self.left == 0:
            return (
                _("It is reached at once: your own wallet pays nothing until it resets %(resets)s.") % words
            )
        return _("When it is reached, your own wallet pays nothing until it resets %(resets)s.") % words


@dataclass(frozen=True, slots=True)
class AlertEffect:
    """From which amount on (micro-tokens; None: never) the wallet page tells, before and after."""

    before: int | None
    after: int | None
    available: int

    @property
    def sentence(self) -> str:
        words = {"available": figures.figure(self.available)}
        if self.after is None:
            return _("The wallet page will not tell you any more.")
        if is_low(self.available, self.after):
            return _("%(available)s are available, so the wallet page tells you at once.") % words
        return _("%(available)s are available now, so there is nothing to tell yet.") % words
