"""What a person reported, and one of their problems with all that was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import NotFound
from apps.core.periods import zone
from apps.identity.models import User
from apps.portal.holdings import Shell
from apps.support.models import Case, CaseEntry

LISTED = 100
"""Problems on one's page; older ones are found by their number."""


@dataclass(frozen=True, slots=True)
class ProblemsPage:
    """One's own problems, those that wait for oneself first; times are shown in `zone`."""

    zone: ZoneInfo
    problems: Sequence[Case]

    @property
    def under_way(self) -> int:
        """How many are not solved."""
        return sum(case.state != Case.State.SOLVED for case in self.problems)

    @property
    def waiting(self) -> int:
        """How many wait for the person."""
        return sum(case.state == Case.State.WAITING for case in self.problems)

    @property
    def sentence(self) -> str:
        if self.waiting:
            return ngettext(
                "%(count)d of them waits for an answer of yours.",
                "%(count)d of them wait for an answer of yours.",
                self.waiting,
            ) % {"count": self.waiting}
        return _("Staff look into them and answer here.") if self.under_way else _("Everything is solved.")


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """One problem; `charge` is the id of the charge as addresses have it, empty without one."""

    zone: ZoneInfo
    case: Case
    entries: Sequence[CaseEntry]

    @property
    def charge(self) -> str:
        return f"ch_{self.case.charge_id}" if self.case.charge_id else ""

    @property
    def sentence(self) -> str:
        """What happens next."""
        state = self.case.state
        if state == Case.State.SOLVED:
            return _("Solved. Write again if it is not, and it opens again.")
        if state == Case.State.WAITING:
            return _("We have answered and wait for you.")
        owner = self.case.owner
        if owner is None:
            return _("We have it. Somebody looks into it next and answers here.")
        return _("%(name)s looks into it and answers here.") % {"name": owner}


def load_problems_page(user: User, shell: Shell) -> ProblemsPage:
    """One's own problems: one query beside the shell's."""
    rows = Case.objects.filter(reporter=user).order_by("-changed_at")[:LISTED]
    waiting_first = sorted(rows, key=lambda case: case.state != Case.State.WAITING)
    return ProblemsPage(zone_of(shell), waiting_first)


def load_problem_page(case_id: int, user: User, shell: Shell) -> ProblemPage:
    """One of one's own problems; NotFound for another one's."""
    case = Case.objects.select_related("owner").filter(pk=case_id, reporter=user).first()
    if case is None:
        raise NotFound(_("There is no such problem."))
    entries = list(case.entries.select_related("author").order_by("pk"))
    return ProblemPage(zone_of(shell), case, entries)


def zone_of(shell: Shell) -> ZoneInfo:
    """Where times are shown in: the zone of one's wallet, else UTC."""
    here = shell.own() or shell.here
    if here is None:
        return ZoneInfo("UTC")
    return zone(shell.desk.wallets[here.wallet_id].calendar.zone_at(shell.at))
