"""Cases: a person reports a problem, staff answer, both write until it is solved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import sql
from apps.core.errors import NotFound, PermissionDenied, RateLimited, ValidationError
from apps.identity.auditing import record_audit
from apps.identity.models import User
from apps.ledger import numbers
from apps.support.models import Case, CaseEntry
from apps.support.roles import Action, may

State, Kind = Case.State, CaseEntry.Kind
LONGEST = 4_000
"""Characters of one message."""
A_DAY = timedelta(hours=24)
CASES_A_DAY = 10
MESSAGES_A_DAY = 60
"""More than anybody needs, few enough that nobody fills the staff's list."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What a case is about: a charge, a transfer, or neither; its title, and the wallet concerned."""

    title: str = ""
    wallet_id: int | None = None
    charge_id: int | None = None
    transfer_number: int | None = None


def open_case(*, thing: Thing, category: str, text: str, form_key: UUID, by: User, at: datetime) -> Case:
    """Report a problem; the same form again answers the same case.

    ValidationError for an empty or too long text, RateLimited beyond what one person may report a day.
    """
    message = _message(text)
    if category not in Case.Category.values:
        raise ValidationError({"category": [_("Choose what fits best.")]})

    def work() -> Case:
        _lock_person(by)
        sent = Case.objects.filter(form_key=form_key, reporter=by).first()
        if sent is not None:
            return sent
        _require_few(Case.objects.filter(reporter=by, opened_at__gt=at - A_DAY).count(), CASES_A_DAY)
        case = Case.objects.create(
            id=numbers.take(1)[0],
            reporter=by,
            category=category,
            title=thing.title[:200] or _first_line(message),
            wallet_id=thing.wallet_id,
            charge_id=thing.charge_id,
            transfer_number=thing.transfer_number,
            form_key=form_key,
            opened_at=at,
            changed_at=at,
        )
        _add(case, Kind.MESSAGE, by, at, text=message, from_staff=False)
        return case

    with transaction.atomic():
        return work()


def write_to_case(*, case_id: int, text: str, form_key: UUID, by: User, at: datetime) -> Case:
    """Let the person who reported it write again; a case that waits or is solved opens again."""
    message = _message(text)

    def work(case: Case) -> None:
        recent = CaseEntry.objects.filter(author=by, from_staff=False, at__gt=at - A_DAY).count()
        _require_few(recent, MESSAGES_A_DAY)
        if case.state == State.SOLVED:
            _add(case, Kind.REOPENED, by, at, from_staff=False)
        _add(case, Kind.MESSAGE, by, at, text=message, from_staff=False, form_key=form_key)
        case.state = State.OPEN

    return _change(case_id, form_key, at, work, reporter=by)


def close_own_case(*, case_id: int, by: User, at: datetime) -> Case:
    """Let the person who reported it say that it is solved."""

    def work(case: Case) -> None:
        if case.state != State.SOLVED:
            _add(case, Kind.SOLVED, by, at, from_staff=False)
            case.state = State.SOLVED

    return _change(case_id, uuid4(), at, work, reporter=by)


def answer_case(
    *, case_id: int, text: str, then: str, form_key: UUID, by: User, at: datetime
) -> tuple[Case, bool]:
    """Let staff answer; `then` the case is open, waiting or solved. Answers whether it was written now.

    Who answers an unowned case takes it.
    """
    message = _message(text)
    _require_staff(by)
    if then not in State.values:
        raise ValidationError({"then": [_("Choose what comes next.")]})
    written: list[bool] = []

    def work(case: Case) -> None:
        written.append(True)
        case.owner = case.owner or by
        _add(case, Kind.MESSAGE, by, at, text=message, from_staff=True, form_key=form_key)
        _move(case, State(then), by, at)

    return _change(case_id, form_key, at, work), bool(written)


def take_case(*, case_id: int, by: User, at: datetime) -> Case:
    """Make a case one's own, also another one's."""
    _require_staff(by)

    def work(case: Case) -> None:
        if case.owner_id != by.pk:
            before, case.owner = case.owner, by
            _add(case, Kind.TAKEN, by, at, from_staff=True)
            _audit(
                case,
                "case.take",
                {"owner": before.platform_id if before else None},
                {"owner": by.platform_id},
                by,
                at,
            )

    return _change(case_id, uuid4(), at, work)


def set_case_state(*, case_id: int, state: str, by: User, at: datetime) -> Case:
    """Let staff move a case without a message."""
    _require_staff(by)
    if state not in State.values:
        raise ValidationError({"state": [_("Choose what comes next.")]})
    return _change(case_id, uuid4(), at, lambda case: _move(case, State(state), by, at))


def tell_case(*, case: Case, text: str, by: User, at: datetime) -> None:
    """Note in the history what was done for the person."""
    _add(case, Kind.ACTION, by, at, text=text, from_staff=True)
    Case.objects.filter(pk=case.pk).update(changed_at=at)


def _move(case: Case, state: Case.State, by: User, at: datetime) -> None:
    """Another state, with a line in the history and in the trail; the same one is nothing."""
    if case.state == state:
        return
    lines = {State.WAITING: Kind.WAITING, State.SOLVED: Kind.SOLVED, State.OPEN: Kind.REOPENED}
    _add(case, lines[state], by, at, from_staff=True)
    _audit(case, "case.move", {"state": str(case.state)}, {"state": state.value}, by, at)
    case.state = state


def _change(
    case_id: int,
    form_key: UUID,
    at: datetime,
    work: Callable[[Case], None],
    *,
    reporter: User | None = None,
) -> Case:
    """Change a case under its lock, unless the form was sent before; NotFound for another one's case."""
    with transaction.atomic():
        sql.lock_rows("support_case", [case_id])
        found = Case.objects.select_related("owner", "reporter").filter(pk=case_id)
        case = (found if reporter is None else found.filter(reporter=reporter)).first()
        if case is None:
            raise NotFound(_("There is no such problem."))
        if CaseEntry.objects.filter(form_key=form_key).exists():
            return case
        work(case)
        case.changed_at = at
        case.save()
        return case


def _add(
    case: Case,
    kind: CaseEntry.Kind,
    by: User,
    at: datetime,
    *,
    from_staff: bool,
    text: str = "",
    form_key: UUID | None = None,
) -> None:
    CaseEntry.objects.create(
        case=case, kind=kind, author=by, from_staff=from_staff, text=text, at=at, form_key=form_key or uuid4()
    )


def _audit(
    case: Case, action: str, before: dict[str, object], after: dict[str, object], by: User, at: datetime
) -> None:
    record_audit(
        actor=f"user:{by.platform_id}",
        action=action,
        subject=f"case:{case.number}",
        before=before,
        after=after,
        at=at,
    )


def _lock_person(by: User) -> None:
    """One person's reports come one after the other, so that they can be counted."""
    sql.lock_rows("identity_user", [by.pk])


def _require_few(count: int, most: int) -> None:
    if count >= most:
        raise RateLimited(
            _("You have written to us very often today. Please go on tomorrow, or call us if it is urgent.")
        )


def _require_staff(by: User) -> None:
    if not may(by, Action.ANSWER):
        raise PermissionDenied(_("Only staff answer cases."))


def _message(text: str) -> str:
    message = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not message:
        raise ValidationError({"text": [_("Write a few words.")]})
    if len(message) > LONGEST:
        raise ValidationError(
            {"text": [_("At most %(count)d characters are possible.") % {"count": LONGEST}]}
        )
    return message


def _first_line(message: str) -> str:
    line = message.split("\n", 1)[0]
    return line if len(line) <= 80 else f"{line[:79]}…"
