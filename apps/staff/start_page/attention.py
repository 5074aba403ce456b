"""What needs attention, the most urgent first; each line leads to the list that it counts.

Counted by index and no further than `MOST`: that there is much to do is said by "more than" as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures
from apps.jobs.models import Run
from apps.staff.jobs.machine import load_machine
from apps.staff.jobs.schedule import Scheduled, show_schedule
from apps.staff.proving import ProofPage
from apps.staff.wallet_page.state import owner_name
from apps.support.models import Case, Proposal
from apps.wallets.models import Wallet

MOST = 1000
NAMED = 3
LATE = timedelta(minutes=5)
"""The job that ends holds runs each minute; what is due for longer was missed."""
PROOF = "ledger.verify_ledger"
WAITS_TOO_LONG = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: `state` is reached, near or info, and stands there as its symbol."""

    state: str
    title: str
    detail: str
    url: str
    button: str
    count: int = 1


def find_attention(proof: ProofPage, *, at: datetime) -> Iterator[Line]:
    """Everything that needs attention at the instant; four queries."""
    yield from _proof(proof, at)
    machine = load_machine(at - LATE, MOST)
    yield from _late_holds(machine.late_holds, at)
    yield from _runs(machine.failed)
    yield from _overdue_tasks(show_schedule(machine.rings, at))
    yield from _approvals()
    yield from _cases()
    yield from _frozen()


def _proof(proof: ProofPage, at: datetime) -> Iterator[Line]:
    url = reverse("staff_proof")
    if proof.last is not None and proof.last.state == "broken":
        found = len(proof.last.findings)
        title = ngettext(
            "The ledger does not add up: %(count)s difference",
            "The ledger does not add up: %(count)s differences",
            found,
        )
        yield Line(
            "reached",
            title % {"count": figures.count(found)},
            proof.last.findings[0].rule if found else "",
            url,
            _("See them"),
        )
    if proof.under_way is not None and at - proof.under_way.started_at > WAITS_TOO_LONG:
        detail = _("It was asked for a while ago and no worker has finished it.")
        yield Line("near", _("The ledger check does not come to an end"), detail, url, _("Look"))
    elif proof.last is None and proof.under_way is None:
        detail = _("The nightly job will do it, or you now.")
        yield Line("near", _("The ledger has never been checked"), detail, url, _("Check"))
    elif proof.is_old and proof.under_way is None:
        detail = _("The nightly check did not run: is the scheduler up?")
        yield Line("near", _("The last ledger check is older than a day"), detail, url, _("Check"))


def _late_holds(count: int, at: datetime) -> Iterator[Line]:
    if not count:
        return
    title = ngettext(
        "%(count)s hold is past its deadline", "%(count)s holds are past their deadline", count
    ) % {"count": _at_most(count)}
    detail = _("The job that ends them each minute did not run. Balances shown count them as ended already.")
    wanted = urlencode({"expires_at__lt": (at - LATE).isoformat()})
    yield Line(
        "near", title, detail, f"{reverse('admin:wallets_hold_changelist')}?{wanted}", _("See them"), count
    )


def _runs(rows: Sequence[Run]) -> Iterator[Line]:
    """Runs that ended with failures."""
    if not rows:
        return
    count = len(rows)
    title = ngettext("%(count)s run has failures", "%(count)s runs have failures", count)
    url = reverse("staff_run", args=[rows[0].pk]) if count == 1 else reverse("staff_jobs")
    named = _named(str(row) for row in rows[:NAMED])
    yield Line("reached", title % {"count": _at_most(count)}, named, url, _("Look"), count)


def _overdue_tasks(schedule: Iterable[Scheduled]) -> Iterator[Line]:
    """Scheduled tasks that missed their time, or went wrong the last time; the proof speaks for its own."""
    late = [t for t in schedule if (t.is_late or t.error) and t.task != PROOF]
    if not late:
        return
    count = len(late)
    title = ngettext("%(count)s scheduled task is late", "%(count)s scheduled tasks are late", count)
    named = _named(task.title for task in late[:NAMED])
    yield Line("near", title % {"count": count}, named, reverse("staff_jobs"), _("Look"), count)


def _approvals() -> Iterator[Line]:
    """Proposals that wait for another person."""
    rows = list(Proposal.objects.filter(state=Proposal.State.OPEN).order_by("id")[:MOST])
    if not rows:
        return
    count = len(rows)
    title = ngettext("%(count)s approval is waiting", "%(count)s approvals are waiting", count)
    named = _named(str(row.effect.get("title", "")) for row in rows[:NAMED])
    url = (
        reverse("admin:approval", args=[rows[0].pk])
        if count == 1
        else reverse("admin:support_proposal_changelist")
    )
    yield Line("near", title % {"count": _at_most(count)}, named, url, _("Decide"), count)


def _cases() -> Iterator[Line]:
    """Problems that wait for staff, the oldest first."""
    rows = list(Case.objects.filter(state=Case.State.OPEN).order_by("changed_at")[:MOST])
    if not rows:
        return
    count = len(rows)
    title = ngettext("%(count)s case is open", "%(count)s cases are open", count)
    named = _named(f"{row.number} {row.title}" for row in rows[:NAMED])
    url = (
        reverse("admin:support_case_change", args=[rows[0].pk])
        if count == 1
        else reverse("admin:support_case_changelist")
    )
    yield Line("near", title % {"count": _at_most(count)}, named, url, _("Answer"), count)


def _frozen() -> Iterator[Line]:
    frozen = Wallet.objects.filter(frozen=True)
    rows = list(frozen.select_related("user", "organisation").order_by("id")[:MOST])
    if not rows:
        return
    count = len(rows)
    title = ngettext("%(count)s wallet is frozen", "%(count)s wallets are frozen", count)
    names = ", ".join(owner_name(row) for row in rows[:NAMED])
    only = reverse("admin:wallets_wallet_change", args=[rows[0].pk])
    every = f"{reverse('admin:wallets_wallet_changelist')}?frozen__exact=1"
    url = only if count == 1 else every
    yield Line("near", title % {"count": _at_most(count)}, names, url, _("Open"), count)


def _named(titles: Iterable[str]) -> str:
    return "; ".join(title.rstrip(".") for title in titles)


def _at_most(count: int) -> str:
    words = figures.count(count)
    return _("More than %(count)s") % {"count": words} if count >= MOST else words
