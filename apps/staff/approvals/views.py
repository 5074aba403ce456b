"""One proposal: what it would do now, and the decision."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied as Forbidden
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.clock import now
from apps.core.errors import NotFound, PermissionDenied, Problem
from apps.identity.models import User
from apps.staff.actions.views import address_of, clerk
from apps.support import proposals
from apps.support.models import Proposal
from apps.support.roles import Action
from apps.support.selectors import ProposalView, view_proposal

CHANGED_AT = {
    "adjust_wallet": "admin:adjust_wallet",
    "freeze_wallet": "admin:freeze_wallet",
    "unfreeze_wallet": "admin:freeze_wallet",
    "refund_charge": "admin:refund_charge",
    "release_charge": "admin:release_charge",
}
"""The page on which one's own proposal of a kind is changed; those of other kinds are withdrawn instead."""


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """A proposal as one person sees it."""

    view: ProposalView
    may_decide: bool
    is_own: bool
    change_url: str

    @property
    def is_open(self) -> bool:
        return self.view.proposal.state == Proposal.State.OPEN


def load_approval_page(proposal_id: int, user: User) -> ApprovalPage:
    """The page of a proposal; NotFound if there is none."""
    view = view_proposal(proposal_id, at=now())
    proposal = view.proposal
    is_own = proposal.requested_by_id == user.pk
    decides = proposals.may_decide(proposal, user)
    return ApprovalPage(view, decides, is_own, _change_url(proposal) if is_own else "")


def _change_url(proposal: Proposal) -> str:
    place = CHANGED_AT.get(proposal.kind)
    if place is None:
        return ""
    key = proposal.payload.get("wallet") or proposal.payload.get("charge")
    return f"{reverse(place, args=[key])}?proposal={proposal.pk}"


@require_POST
def decide(request: HttpRequest, proposal_id: int, decision: str) -> HttpResponse:
    """Approve, decline or withdraw; what stands in the way is said on the proposal's page."""
    by = clerk(request, Action.READ)
    try:
        _decide(request, proposal_id, decision, by)
    except NotFound as unknown:
        raise Http404 from unknown
    except PermissionDenied as denied:
        raise Forbidden from denied
    except Problem as problem:
        messages.error(request, problem.detail or str(problem.title))
    return redirect("admin:approval", proposal_id)


def _decide(request: HttpRequest, proposal_id: int, decision: str, by: User) -> None:
    address, note = address_of(request), request.POST.get("note", "")
    if decision == "approve":
        version = request.POST.get("version", "")
        done = proposals.approve(
            proposal_id=proposal_id,
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
            seen=request.POST.get("seen", ""),
            by=by,
            at=now(),
            note=note,
            address=address,
        )
        receipt = done.transfer_number
        words = (
            _("Approved and done. The receipt is T-%(number)d.") % {"number": receipt}
            if receipt
            else _("Approved and done.")
        )
        messages.success(request, words)
    elif decision == "decline":
        proposals.decline(proposal_id=proposal_id, note=note, by=by, at=now(), address=address)
        messages.info(request, _("Declined. Nothing was done."))
    else:
        proposals.withdraw(proposal_id=proposal_id, by=by, at=now(), address=address)
        messages.info(request, _("Withdrawn. Nothing was done."))
