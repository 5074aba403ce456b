"""Giving tokens to members, taking them back, moving them, and what repeats."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from apps.allocations.audience import Audience, Candidate, candidates
from apps.allocations.fates import Fate
from apps.allocations.models import Allocation
from apps.allocations.recurring import next_day, repeat_allocation
from apps.allocations.rules import SubjectRef
from apps.allocations.services import Item, Run, allocate, move, reclaim
from apps.core import figures
from apps.core.csv_files import Number, csv_text
from apps.core.errors import MadeAlready, NotFound, Problem
from apps.core.units import format_tokens
from apps.organisations.models import Organisation
from apps.portal.allocations_page.forms import AllocateForm, MoveForm, ReclaimForm, SwapForm
from apps.portal.allocations_page.page import COLUMNS, load_allocations_page, load_run_page
from apps.portal.allocations_page.preview import Preview, load_preview
from apps.portal.allocations_page.typed import read_lines
from apps.portal.holdings import Holding, Shell
from apps.portal.paging import page_number
from apps.portal.sorting import order_of
from apps.portal.usage_page.views import file_answer
from apps.portal.working import actor_of, complain, decider, reader

MOST_LINES = 10_000


@require_safe
@login_required
def allocations(request: HttpRequest, slug: str) -> HttpResponse:
    """What was given and taken back, and what repeats."""
    holding, shell, organisation = decider(request, slug)
    query = request.GET.dict()
    number, order = page_number(query), order_of(query, COLUMNS)
    page = load_allocations_page(organisation, holding, shell, number=number, order=order)
    return render(request, "portal/allocations.html", {"page": page})


@require_safe
@login_required
def allocations_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest allocations and reclaims, a line for each member, as a file."""
    holding, _shell, organisation = decider(request, slug)
    rows = Allocation.objects.filter(organisation=organisation).select_related("user").order_by("-pk")
    head = (_("When"), _("Number"), _("Member"), _("Id"), _("Tokens"), _("Who"), _("Note"))
    lines = [
        (
            row.at.isoformat(),
            f"A-{row.number}",
            str(row.user),
            row.user.platform_id,
            Number(format_tokens(_signed(row))),
            row.actor,
            row.note,
        )
        for row in rows[:MOST_LINES]
    ]
    return file_answer(f"allocations-{holding.slug}.csv", csv_text(head, lines))


def _signed(row: Allocation) -> int:
    return row.tokens_micro if row.direction == Allocation.Direction.ALLOCATE else -row.tokens_micro


@require_safe
@login_required
def allocation(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One run with everybody in it and what became of it."""
    holding, shell, organisation = decider(request, slug)
    try:
        page = load_run_page(organisation, holding, shell, number, number=page_number(request.GET.dict()))
    except NotFound as unknown:
        raise Http404 from unknown
    return render(request, "portal/allocations/run.html", {"page": page})


@require_safe
@login_required
def allocation_csv(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Everybody in one run with what became of it, as a file."""
    holding, shell, organisation = decider(request, slug)
    try:
        page = load_run_page(organisation, holding, shell, number, number=1, room=MOST_LINES)
    except NotFound as unknown:
        raise Http404 from unknown
    head = (_("Member"), _("Id"), _("Number"), _("Tokens"), _("Spent"), _("Left"), _("Reclaimed"))
    lines = [
        (
            person.name,
            person.key,
            f"T-{person.transfer}",
            *map(_amount, (person.tokens, *_parts(person.fate))),
        )
        for person in page.people
    ]
    return file_answer(f"allocation-A-{number}.csv", csv_text(head, lines))


def _parts(fate: Fate | None) -> tuple[int | None, ...]:
    return (fate.spent, fate.left, fate.reclaimed) if fate else (None, None, None)


def _amount(micro: int | None) -> str:
    return "" if micro is None else Number(format_tokens(micro))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def allocate_tokens(request: HttpRequest, slug: str) -> HttpResponse:
    """A form, its effect, and on confirmation the allocation or what repeats."""
    return _move_page(request, slug, takes=False)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reclaim_tokens(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for taking unspent tokens back."""
    return _move_page(request, slug, takes=True)


def _move_page(request: HttpRequest, slug: str, *, takes: bool) -> HttpResponse:
    holding, shell, organisation = decider(request, slug)
    kind: type[MoveForm] = ReclaimForm if takes else AllocateForm
    form = kind(organisation, initial=_begun(request, organisation, shell.at))
    preview, status = None, 200
    if request.method == "POST":
        form = kind(organisation, request.POST, request.FILES)
        if form.is_valid():
            wallet = shell.desk.wallets[holding.wallet_id]
            preview = load_preview(organisation, wallet, form.cleaned_data, takes=takes, at=shell.at)
            if request.POST.get("step") == "confirm" and (
                answer := _confirmed(request, form, preview, holding, shell, organisation)
            ):
                return answer
            _keep_file(form)
        status = 422 if form.errors else 200
    context = {
        "form": form,
        "preview": preview,
        "holding": holding,
        "takes": takes,
        "first": _first_day(form, holding, shell) if preview else "",
    }
    return render(request, "portal/allocations/move.html", context, status=status)


def _begun(request: HttpRequest, organisation: Organisation, at: datetime) -> dict[str, Any]:
    """What a link to the form says: members or a cost centre to begin with, by their ids."""
    if centre := request.GET.get("centre", ""):
        return {"to": "cost_centre", "centre": centre}
    keys = request.GET.getlist("member")[:1000]
    if not keys:
        return {}
    named = candidates(organisation, Audience("people", people=tuple(keys)), at=at)
    return {"to": "people", "people": "\n".join(member.email or member.key for member in named)}


def _keep_file(form: MoveForm) -> None:
    """What came as a file stays as text, so that it need not be chosen again."""
    if form.cleaned_data.get("file"):
        data = QueryDict(mutable=True)
        data.update(form.data)
        data["people"], data["to"] = form.cleaned_data["people"], "people"
        form.data = data


def _first_day(form: MoveForm, holding: Holding, shell: Shell) -> str:
    """When what repeats comes for the first time."""
    every = form.cleaned_data.get("repeat")
    if not every:
        return ""
    return figures.day_and_year(next_day(every, _day(form), holding.calendar.day_of(shell.at)))


def _day(form: MoveForm) -> int:
    cleaned = form.cleaned_data
    return int(cleaned["week_day"] or 1) if cleaned["repeat"] == "week" else int(cleaned["month_day"] or 1)


def _confirmed(
    request: HttpRequest,
    form: MoveForm,
    preview: Preview,
    holding: Holding,
    shell: Shell,
    organisation: Organisation,
) -> HttpResponse | None:
    """Do what was confirmed and go to its receipt; None with the reason in the form where it cannot be."""
    if preview.wrong and not form.cleaned_data["leave_out"]:
        form.add_error("leave_out", _("Correct the wrong lines, or tick the box that leaves them out."))
        return None
    try:
        if form.cleaned_data.get("repeat"):
            return _repeat(request, form, holding, shell, organisation)
        run = _do(request, form, preview, shell, organisation)
    except MadeAlready as already:
        messages.warning(request, already.detail)
        return redirect("allocations", holding.slug)
    except Problem as refused:
        complain(form, refused)
        return None
    return redirect("allocation", holding.slug, run.number) if run else None


def _do(
    request: HttpRequest, form: MoveForm, preview: Preview, shell: Shell, organisation: Organisation
) -> Run | None:
    moving = preview.move.moving
    if not moving:
        form.add_error(None, _("Nothing would move."))
        return None
    top_up = not preview.takes and form.cleaned_data["how"] == "top_up"
    to_have = form.cleaned_data["tokens"] if top_up else None
    items = [Item(step.member.key, to_have or abs(step.moves)) for step in moving]
    asked = {
        "organisation": organisation,
        "items": items,
        "note": form.cleaned_data["note"],
        "actor": actor_of(reader(request)),
        "at": shell.at,
        "form_key": form.cleaned_data["form_key"],
    }
    run = reclaim(**asked) if preview.takes else allocate(**asked, top_up=top_up)
    items = list(run.items)
    words = {"tokens": figures.figure(sum(item.tokens for item in items)), "count": len(items)}
    if preview.takes:
        said = ngettext(
            "%(tokens)s tokens are back from %(count)d member.",
            "%(tokens)s tokens are back from %(count)d members.",
            len(items),
        )
    else:
        said = ngettext(
            "%(tokens)s tokens went to %(count)d member.",
            "%(tokens)s tokens went to %(count)d members.",
            len(items),
        )
    messages.success(request, said % words)
    return run


def _repeat(
    request: HttpRequest, form: MoveForm, holding: Holding, shell: Shell, organisation: Organisation
) -> HttpResponse:
    cleaned = form.cleaned_data
    keys = {"role": cleaned["role"], "cost_centre": cleaned["centre"]}
    kind = {"all": "members"}.get(cleaned["to"], cleaned["to"])
    made = repeat_allocation(
        organisation=organisation,
        subject=SubjectRef(kind, keys.get(kind, "")),
        mode="top_up" if cleaned["how"] == "top_up" else "add",
        tokens=cleaned["tokens"],
        every=cleaned["repeat"],
        day=_day(form),
        note=cleaned["note"],
        actor=actor_of(reader(request)),
        at=shell.at,
        form_key=cleaned["form_key"],
    )
    words = {"day": figures.day_and_year(made.next_on)}
    messages.success(request, _("It repeats automatically, for the first time on %(day)s.") % words)
    return redirect("allocations", holding.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def move_tokens(request: HttpRequest, slug: str) -> HttpResponse:
    """Unspent tokens of one member to another, with the effect first."""
    holding, shell, organisation = decider(request, slug)
    form = SwapForm(
        request.POST if request.method == "POST" else None,
        initial={"giver": request.GET.get("member", "")[:128]},
    )
    found = None
    if form.is_valid():
        found = _two(form, organisation, shell.at)
        if found is not None and request.POST.get("step") != "confirm":
            _require_movable(form, found[0])
        elif found is not None:
            try:
                run = move(
                    organisation=organisation,
                    giver=found[0].key,
                    taker=found[1].key,
                    tokens=form.cleaned_data["tokens"],
                    note=form.cleaned_data["note"],
                    actor=actor_of(reader(request)),
                    at=shell.at,
                    form_key=form.cleaned_data["form_key"],
                )
            except MadeAlready as already:
                messages.warning(request, already.detail)
                return redirect("allocations", slug)
            except Problem as refused:
                complain(form, refused)
            else:
                messages.success(request, _("The tokens are with %(name)s now.") % {"name": found[1].name})
                return redirect("allocation", slug, run.number)
    effect = None
    if found is not None and not form.errors:
        tokens = form.cleaned_data["tokens"]
        effect = [
            (member, member.left, member.left + change)
            for member, change in zip(found, (-tokens, tokens), strict=True)
        ]
    context = {"form": form, "holding": holding, "effect": effect}
    return render(request, "portal/allocations/swap.html", context, status=422 if form.errors else 200)


def _require_movable(form: SwapForm, giver: Candidate) -> None:
    """Say in the form why so many tokens cannot move from this member, before it is confirmed."""
    tokens = form.cleaned_data["tokens"]
    if not tokens:
        form.add_error("tokens", _("More than 0 and at most 1000000000000 tokens are possible."))
    elif tokens > giver.left:
        words = {"name": giver.name, "tokens": figures.figure(max(giver.left, 0))}
        form.add_error("tokens", _("%(name)s has %(tokens)s unspent tokens that are not held.") % words)


def _two(form: SwapForm, organisation: Organisation, at: datetime) -> tuple[Candidate, Candidate] | None:
    """The two members that are meant; None with the reason in the form."""
    members = candidates(organisation, Audience("all"), at=at)
    found = []
    for name in ("giver", "taker"):
        (line,) = read_lines(form.cleaned_data[name], members, with_amounts=False)[:1] or (None,)
        if line is None or line.problem:
            form.add_error(name, line.problem if line else _("Which member?"))
        else:
            found.append(next(member for member in members if member.key == line.key))
    return (found[0], found[1]) if len(found) == 2 else None
