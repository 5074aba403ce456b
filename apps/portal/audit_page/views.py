"""The trail of changes, for an organisation's owners and admins: filtered, paged, as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from apps.core.action_words import ACTIONS, action_name
from apps.core.csv_files import csv_text
from apps.core.periods import zone
from apps.identity.models import AuditRecord
from apps.organisations.models import Organisation
from apps.portal.allocations_page.page import names_of
from apps.portal.audit_page.words import Names, facts_text, names_in
from apps.portal.usage_page.views import file_answer
from apps.portal.working import decider

ROOM = 50
MOST_LINES = 10_000
KINDS = {
    "limit": ("limit.", "limit_request.", "default_limit."),
    "coverage": ("funding.",),
    "members": ("member.", "allocation_bar.", "organisation."),
    "allocations": ("recurring_allocation.",),
    "cost_centres": ("cost_centre.", "earmark."),
    "plan": ("plan.",),
    "wallet": ("wallet.", "alert.", "member_alert."),
    "keys": ("api_key.", "client."),
}
KIND_NAMES = {
    "limit": gettext_noop("Limits"),
    "coverage": gettext_noop("Coverage"),
    "members": gettext_noop("Members"),
    "allocations": gettext_noop("Allocations"),
    "cost_centres": gettext_noop("Cost centres"),
    "plan": gettext_noop("Plan"),
    "wallet": gettext_noop("Wallet"),
    "keys": gettext_noop("API keys"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One record in words."""

    row: AuditRecord
    by: str
    names: Names

    @property
    def did(self) -> str:
        return action_name(self.row.action)

    @property
    def before(self) -> str:
        return facts_text(self.row.before, self.names)

    @property
    def after(self) -> str:
        return facts_text(self.row.after, self.names)


@require_safe
@login_required
def organisation_audit(request: HttpRequest, slug: str) -> HttpResponse:
    """Changes, the latest first."""
    holding, shell, organisation = decider(request, slug)
    kind = request.GET.get("kind", "")
    typed = request.GET.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    rows = list(_records(organisation, kind, before)[: ROOM + 1])
    place = zone(holding.calendar.zone_at(shell.at))
    actors = names_of({row.actor for row in rows})
    names = names_in(organisation, [facts for row in rows for facts in (row.before, row.after)], place)
    changes = [Change(row, actors.get(row.actor, _plain(row.actor)), names) for row in rows[:ROOM]]
    older = urlencode({"kind": kind, "before": rows[ROOM - 1].pk}) if len(rows) > ROOM else ""
    context = {
        "holding": holding,
        "zone": place,
        "changes": changes,
        "kind": kind,
        "kinds": [(code, _(name)) for code, name in KIND_NAMES.items()],
        "older": older,
        "before": before,
    }
    return render(request, "portal/audit.html", context)


@require_safe
@login_required
def audit_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a file, with the stored facts."""
    holding, _shell, organisation = decider(request, slug)
    rows = _records(organisation, request.GET.get("kind", ""), None)[:MOST_LINES]
    head = (_("When"), _("Who"), _("Action"), _("Before"), _("After"), _("Reason"))
    lines = [
        (
            row.at.isoformat(),
            row.actor,
            row.action,
            json.dumps(row.before, ensure_ascii=False) if row.before else "",
            json.dumps(row.after, ensure_ascii=False) if row.after else "",
            row.reason,
        )
        for row in rows
    ]
    return file_answer(f"changes-{holding.slug}.csv", csv_text(head, lines))


def _records(organisation: Organisation, kind: str, before: int | None) -> QuerySet[AuditRecord]:
    rows = AuditRecord.objects.filter(subject=f"organisation:{organisation.platform_id}")
    if kind in KINDS:
        actions = [action for action in ACTIONS if action.startswith(KINDS[kind])]
        rows = rows.filter(action__in=actions)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return rows.order_by("-pk")


def _plain(actor: str) -> str:
    kind, _colon, key = actor.partition(":")
    return {"client": _("the platform"), "platform": _("the platform"), "staff": _("support")}.get(
        kind, key or actor
    )
