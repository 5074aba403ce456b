"""A bill and a resource explained to staff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.core.errors import NotFound
from apps.hosting.bills import title_of
from apps.hosting.explaining import Step, explain_line, gigabytes, kind_name, share_words, state_name
from apps.hosting.models import Bill, Report, Resource, Share
from apps.hosting.selectors import state_at
from apps.hosting.voiding import paid_from
from apps.staff.wallet_page.state import owner_name
from apps.staff.wording import bucket_name

LATEST = 60


@dataclass(frozen=True, slots=True)
class StaffBill:
    """A bill as staff see it; amounts are micro-tokens."""

    bill: Bill
    title: str
    resource: str
    owner: str
    state: str
    state_name: str
    steps: tuple[Step, ...]
    sources: tuple[tuple[str, int], ...]
    others: tuple[Bill, ...]
    """Bills of the same resource, payer and month: voided before, or made anew."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report of a resource."""

    report: Report
    stored: str
    shares: str


@dataclass(frozen=True, slots=True)
class StaffResource:
    """A resource with what it held when, and its latest bills."""

    resource: Resource
    title: str
    kind: str
    owner: str
    stored: str
    reports: tuple[ReportLine, ...]
    bills: Sequence[Bill]


def load_bill_page(bill_id: int, *, at: datetime) -> StaffBill:
    """The page of a bill; NotFound if there is none. Three queries."""
    bill = (
        Bill.objects.select_related("resource", "payer__user", "payer__organisation")
        .filter(pk=bill_id)
        .first()
    )
    if bill is None:
        raise NotFound(f"There is no bill B-{bill_id}.")
    resource = bill.resource
    paid = paid_from(bill.transfer_id, bill.payer_id) if bill.transfer_id else []
    others = Bill.objects.filter(resource=resource, payer=bill.payer, month=bill.month).exclude(pk=bill.pk)
    state = state_at(bill, at)
    return StaffBill(
        bill=bill,
        title=f"B-{bill.pk}",
        resource=title_of(resource.name, resource.kind, resource.platform_id),
        owner=owner_name(bill.payer),
        state=state,
        state_name=state_name(state),
        steps=tuple(explain_line(line) for line in bill.lines),
        sources=tuple((bucket_name(kind), -amount) for kind, amount in paid),
        others=tuple(others.order_by("pk")),
    )


def load_resource_page(resource_id: int) -> StaffResource:
    """The page of a resource; NotFound if there is none. Four queries."""
    found = Resource.objects.select_related("owner__user", "owner__organisation")
    resource = found.filter(pk=resource_id).first()
    if resource is None:
        raise NotFound("There is no such resource.")
    reports = list(resource.reports.order_by("-since", "-pk")[:LATEST])
    shares: dict[int, list[Share]] = {}
    for share in Share.objects.filter(report__in=reports).select_related("wallet").order_by("pk"):
        shares.setdefault(share.report_id, []).append(share)
    return StaffResource(
        resource=resource,
        title=title_of(resource.name, resource.kind, resource.platform_id),
        kind=kind_name(resource.kind),
        owner=owner_name(resource.owner),
        stored=gigabytes(resource.stored_bytes),
        reports=tuple(
            ReportLine(report, gigabytes(report.stored_bytes), _shares(shares.get(report.pk, [])))
            for report in reports
        ),
        bills=list(resource.bills.select_related("payer").order_by("-pk")[:LATEST]),
    )


def _shares(shares: Sequence[Share]) -> str:
    if len(shares) < 2:
        return "".join(share.wallet.owner_key for share in shares)
    total = sum(share.weight for share in shares)
    return ", ".join(f"{share.wallet.owner_key}: {share_words((share.weight, total))}" for share in shares)
