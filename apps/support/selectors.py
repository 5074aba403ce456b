"""Proposals, notes and cases as staff and people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from apps.core import sql
from apps.core.errors import NotFound, Problem
from apps.identity.models import User
from apps.support.kinds import Effect, Kind, effect_of, kind_of
from apps.support.models import Case, Proposal, WalletNote

_PEOPLE = ("requested_by", "decided_by", "wallet__user", "wallet__organisation", "case")


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with its kind, what was shown when it was made, and what it would do now (only while it
    is open; `obstacle` says why it cannot be done any more)."""

    proposal: Proposal
    kind: Kind
    effect: Effect
    now: Effect | None = None
    obstacle: str = ""

    @property
    def changed(self) -> bool:
        """Whether what matters is not as it was when it was proposed."""
        return self.now is not None and self.now.seen != self.effect.seen


_ABOUT_WALLET = """
SELECT * FROM (
    SELECT 'case', id, state, category, title, changed_at, '', '' FROM support_case
    WHERE wallet_id = %s ORDER BY id DESC LIMIT %s
) newest_cases UNION ALL SELECT * FROM (
    SELECT 'note', n.id, '', '', n.text, n.at, u.name, u.email
    FROM support_walletnote n JOIN identity_user u ON u.id = n.author_id
    WHERE n.wallet_id = %s ORDER BY n.id DESC LIMIT %s
) newest_notes
"""


def about_wallet(wallet_id: int, *, at_most: int) -> tuple[list[Case], list[WalletNote]]:
    """The newest problems and notes of a wallet, read together; only what a line of each shows is there."""
    cases: list[Case] = []
    notes: list[WalletNote] = []
    for kind, key, state, category, text, at, name, email in sql.fetch(
        _ABOUT_WALLET, [wallet_id, at_most, wallet_id, at_most]
    ):
        when = sql.instant(at)
        if kind == "case":
            cases.append(Case(pk=key, state=state, category=category, title=text, changed_at=when))
        else:
            notes.append(WalletNote(pk=key, text=text, at=when, author=User(name=name, email=email)))
    return cases, notes


def find_proposal(proposal_id: int) -> Proposal:
    """A proposal with the people and things it is about; NotFound if there is none."""
    found = Proposal.objects.select_related(*_PEOPLE).filter(pk=proposal_id).first()
    if found is None:
        raise NotFound
    return found


def view_proposal(proposal_id: int, *, at: datetime) -> ProposalView:
    """One proposal with what it would do at the instant."""
    proposal = find_proposal(proposal_id)
    kind, effect = kind_of(proposal.kind), effect_of(proposal.effect)
    if proposal.state != Proposal.State.OPEN:
        return ProposalView(proposal, kind, effect)
    try:
        return ProposalView(proposal, kind, effect, kind.foresee(proposal.payload, at))
    except Problem as problem:
        return ProposalView(proposal, kind, effect, obstacle=problem.detail or str(problem.title))


def seen_now(proposal: Proposal, *, at: datetime) -> str:
    """The sum of the facts that somebody sees who looks at the proposal now."""
    return kind_of(proposal.kind).foresee(proposal.payload, at).seen


def waiting_proposals() -> QuerySet[Proposal]:
    """Proposals that nobody has decided on, the oldest first."""
    return Proposal.objects.select_related(*_PEOPLE).filter(state=Proposal.State.OPEN).order_by("pk")


def decided_proposals() -> QuerySet[Proposal]:
    """What was done, declined or withdrawn, the newest first."""
    return Proposal.objects.select_related(*_PEOPLE).exclude(state=Proposal.State.OPEN).order_by("-pk")
