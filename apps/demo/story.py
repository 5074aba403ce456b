"""What happened once in the demo's year, and why somebody was refused: every reason comes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from apps.allocations.rules import SubjectRef
from apps.core.units import MICRO
from apps.demo import care, rules, standing
from apps.demo.houses import ALDERMOOR, FROZEN, GUEST, LEFT, LINGUA, PIXELWORKS, SPENT
from apps.demo.past import Past
from apps.demo.uses import CAMPUS, LESSONS, LIVE_EXAMINER
from apps.demo.work import UNPRICED
from apps.usage.batch import charge_events
from apps.usage.state import Activity
from apps.wallets.services import sync_organisation

Happening = Callable[[Past, datetime], None]


def plan_story(past: Past, first: date, days: int) -> None:
    """Plan what happened, by days before now of a whole year, and the live sessions of the college."""
    for ago, hour, happening in STORY:
        past.plan(_at(past, ago * days // 365, hour), partial(happening, past))
    turn = datetime.combine(first + timedelta(days=days * 5 // 6), time(9), UTC)
    past.plan(turn, partial(_pay_afterwards, past))
    for number in range(5, days - 1, 12):
        at = datetime.combine(first + timedelta(days=number), time(17, 2), UTC)
        past.plan(at, partial(_session, past))


def _at(past: Past, ago: int, hour: int) -> datetime:
    return datetime.combine(past.now.date() - timedelta(days=ago), time(hour, 20), UTC)


def _session(past: Past, at: datetime) -> None:
    use = next(use for use in CAMPUS if use.operation == "live_session")
    user = ALDERMOOR.user("teacher")
    past.session(ALDERMOOR, user, past.desk.request(ALDERMOOR, user, use), at)


def _pay_afterwards(past: Past, at: datetime) -> None:
    """The studio gets a contract under which it pays for what it used."""
    sync_organisation(key=PIXELWORKS.key, fields={"unlimited": True}, at=at, actor="user:operations")


def _leaver_tries(past: Past, at: datetime) -> None:
    past.charge(past.desk.conversation(ALDERMOOR, ALDERMOOR.user(LEFT.key)), at)


def _guest_tries(past: Past, at: datetime) -> None:
    for minutes in (0, 3):
        request = past.desk.conversation(ALDERMOOR, ALDERMOOR.user(GUEST.key))
        past.charge(request, at + timedelta(minutes=minutes))


def _guest_is_paid_for(past: Past, at: datetime) -> None:
    """The college pays everything for its guest, and then it works."""
    user = ALDERMOOR.user(GUEST.key)
    rules.fund(ALDERMOOR, SubjectRef("member", user), "shared_pool", 0, at)
    for minutes in (2, 9, 31):
        request = past.desk.conversation(ALDERMOOR, user)
        past.charge(replace(request, capture=True), at + timedelta(minutes=minutes))


def _spend_all(past: Past, at: datetime) -> None:
    """A student practises until nothing is left; then a lesson needs more than there is."""
    user = LINGUA.user(SPENT.key)
    for number in range(60):
        then = at + timedelta(minutes=2 * number)
        if standing.available(LINGUA, SPENT.key, then) < 100 * MICRO:
            past.charge(past.desk.request(LINGUA, user, LESSONS[0]), then)
            break
        past.charge(replace(past.desk.request(LINGUA, user, LIVE_EXAMINER), capture=True), then)
    for number in range(2):
        then = at + timedelta(minutes=2 * 60 + number)
        past.charge(replace(past.desk.request(LINGUA, user, LIVE_EXAMINER), capture=True), then)


def _freeze(past: Past, at: datetime) -> None:
    """Staff freeze a wallet; work that had been under way is on record, and nobody paid for it."""
    user = ALDERMOOR.user(FROZEN.key)
    care.freeze(past, at)
    past.quiet.add(user)
    late = past.desk.request(ALDERMOOR, user, CAMPUS[1])
    event = replace(late, capture=True, event_id="use-of-the-frozen", event_digest="demo")
    charge_events([event], client_id=past.client_id, at=at + timedelta(minutes=4))
    past.charge(past.desk.conversation(ALDERMOOR, user), at + timedelta(minutes=40))


def _recap_twice(past: Past, at: datetime) -> None:
    """Two teachers ask for the summary of one session: it is charged once."""
    recap = next(use for use in LESSONS if use.operation == "session_recap")
    activity = Activity("session", "conversation-club-48", "Recap: Conversation club")
    for key, minutes in (("elena.petrova", 0), ("hiroshi.sato", 7)):
        request = past.desk.request(LINGUA, LINGUA.user(key), recap)
        past.charge(replace(request, capture=True, activity=activity), at + timedelta(minutes=minutes))


def _ask_for_unpriced(past: Past, at: datetime) -> None:
    request = past.desk.conversation(ALDERMOOR, ALDERMOOR.user("priya.nair"))
    past.charge(replace(request, model=UNPRICED), at)


def _give_too_much(past: Past, at: datetime) -> None:
    """One zero too many, and back within the hour."""
    if standing.available(ALDERMOOR, None, at) > 400 * MICRO:
        rules.give(ALDERMOOR, ["hannah.brunner"], 300, "For the study group", at)
        items = [("hannah.brunner", 270 * MICRO)]
        rules.take_back(ALDERMOOR, items, "One zero too many", at + timedelta(minutes=1))


def _say_sorry(past: Past, at: datetime) -> None:
    for house in (ALDERMOOR, LINGUA):
        rules.credit(house, 15, "promotion", "Sorry for the outage on Tuesday", at, user="learner")


STORY: tuple[tuple[int, int, Happening], ...] = (
    (40, 10, care.ask_to_be_told),
    (34, 9, _leaver_tries),
    (27, 10, _guest_tries),
    (26, 11, _guest_is_paid_for),
    (24, 19, _spend_all),
    (20, 12, _say_sorry),
    (21, 14, care.poor_answer),
    (19, 15, _freeze),
    (18, 8, care.frozen_owner_asks),
    (15, 9, _give_too_much),
    (14, 10, care.counted_twice),
    (12, 18, _recap_twice),
    (10, 9, care.too_generous),
    (9, 13, _ask_for_unpriced),
    (5, 16, care.charged_twice),
    (2, 14, care.broken_recording),
    (1, 9, care.large_voucher),
    (1, 11, care.limit_in_the_way),
)
"""Days before now, hour (UTC), what happened."""
