"""A year in three organisations: who comes and goes, the months, and the days with their uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random

from django.db import transaction

from apps.core.periods import day_start
from apps.core.units import MICRO
from apps.demo import clients, hosting, people, prices, rules, running, standing, story, today
from apps.demo.houses import ALDERMOOR, HOUSES, LINGUA, PIXELWORKS, House, Person
from apps.demo.past import Past
from apps.demo.seasons import RHYTHMS, gathered, shares
from apps.demo.work import Desk
from apps.identity.models import ApiClient
from apps.ledger.checking import check_ledger
from apps.usage.settling import sweep_holds
from apps.wallets.selectors import find_wallet

SEED = 20261121
_ZEAL = {"member": 100, "teacher": 80, "admin": 25, "owner": 12, "billing": 0}
"""How much people work with it, by role."""
_YEAR = 365


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of a world is made: so many days, so many charges in each organisation."""

    days: int = 365
    charges: int = 5_450
    fine_days: int = 6
    """The last days are told use by use, those before in reports of some hours."""

    def told(self, number: int) -> int:
        """The day of a whole year's story that a day of this one stands for."""
        return number * _YEAR // self.days

    def day(self, told: int) -> int:
        """The first day that stands for a day of a whole year's story."""
        return -(-told * self.days // _YEAR)


WHOLE = Scale()


def live_through(now: datetime, scale: Scale = WHOLE) -> None:
    """Build everything, from a year ago until the instant; that people can log in comes last."""
    random = Random(SEED)
    first = now.date() - timedelta(days=scale.days)
    client = _begin(datetime.combine(first, time(), UTC) - timedelta(hours=18))
    past = Past(random, Desk(random), client.pk, now)
    for house in HOUSES:
        zeal = {p.key: _ZEAL[p.role] * random.randint(30, 170) // 100 for p in house.people}
        zeal["learner"] = 70
        _plan_members(past, house, first, scale)
        _plan_uses(past, house, zeal, first, scale)
    _plan_months(past, first, scale)
    hosting.plan_hosting(past, first, scale.days)
    story.plan_story(past, first, scale.days)
    running.plan_running(past)
    today.plan_today(past)
    past.plan(_last_night(now), _prove)
    past.live()
    sweep_holds(at=now)
    prices.announce_prices(now)
    prices.keep_presets(now)
    clients.use_keys(client, now)
    people.let_in()


@transaction.atomic
def _begin(start: datetime) -> ApiClient:
    """The houses with those who are there from the beginning, their rules, the platform."""
    people.open_staff(start)
    for house in HOUSES:
        people.open_house(house, start)
    _bring_along(start)
    rules.set_rules(start + timedelta(minutes=2))
    return clients.open_client(start)


def _prove(at: datetime) -> None:
    check_ledger(actor="clock", at=at)


def _last_night(now: datetime) -> datetime:
    """When the books were proved last by themselves."""
    return datetime.combine(now.date(), time(2, 30), UTC) - timedelta(days=int(now.hour < 3))


def _bring_along(at: datetime) -> None:
    for house, tokens in ((ALDERMOOR, 6_000), (LINGUA, 9_000), (PIXELWORKS, 9_000)):
        rules.credit(house, tokens, "migration", "Contract of the earlier system, first part", at)
        rules.credit(house, 500, "promotion", "Welcome to Scrip", at)
    for person in LINGUA.present(0):
        if person.role == "member":
            tokens = 60 + 40 * (len(person.name) % 7)
            rules.credit(LINGUA, tokens, "migration", "Balance of the earlier system", at, user=person.key)
    for person in ALDERMOOR.present(0):
        if person.role in ("member", "teacher"):
            rules.credit(ALDERMOOR, 150, "migration", "Balance of the earlier system", at, user=person.key)


def _plan_members(past: Past, house: House, first: date, scale: Scale) -> None:
    for person in house.people:
        if person.joins:
            joined = day_start(first + timedelta(days=scale.day(person.joins)), house.time_zone) - timedelta(
                hours=1
            )
            past.plan(joined, partial(people.join, house, person))
        if person.leaves is not None:
            left = day_start(first + timedelta(days=scale.day(person.leaves)), house.time_zone) + timedelta(
                hours=10
            )
            past.plan(left, partial(people.leave, house, person))


def _plan_uses(past: Past, house: House, zeal: dict[str, int], first: date, scale: Scale) -> None:
    rhythm = RHYTHMS[house.key]
    days = [first + timedelta(days=number) for number in range(scale.days + 1)]
    weights = [rhythm.weight(day, number, scale.days) for number, day in enumerate(days)]
    for number, uses in enumerate(shares(weights, scale.charges)):
        present = [p for p in house.present(scale.told(number)) if not p.price_book]
        who = past.random.choices(present, [zeal[p.key] for p in present], k=uses)
        times = rhythm.times(days[number], house.time_zone, uses, past.random)
        fine = number > scale.days - scale.fine_days
        _plan_day(past, house, who, times, fine)


def _plan_day(past: Past, house: House, who: list[Person], times: list[datetime], fine: bool) -> None:
    """Some uses are held and captured, the others reported, in groups when the day is long ago."""
    apart = {place for place in range(len(who)) if past.random.randrange(100) < (14 if fine else 4)}
    for place in apart:
        past.plan(times[place], partial(past.work_on, house, who[place]))
    rest = [place for place in range(len(who)) if place not in apart]
    window = timedelta(0) if fine else timedelta(hours=2)
    for group in gathered([times[place] for place in rest], window):
        uses = [(house, who[rest[place]]) for place in group]
        past.plan(times[rest[group[-1]]], partial(past.report, uses))


def _plan_months(past: Past, first: date, scale: Scale) -> None:
    day = first + timedelta(days=2)
    while day <= past.now.date():
        at = datetime.combine(day, time(8, 15), UTC)
        if day.day % 7 == 3:
            past.plan(at, partial(_fill_up, past))
        if day.day == 4:
            past.plan(at, partial(_give_monthly, past, first, scale))
        if day.day == 5 and day.month % 3 == 2:
            past.plan(at, _thank)
        day += timedelta(days=1)


def _fill_up(past: Past, at: datetime) -> None:
    """Another part of the contract, as far as it is needed; towards the end less is left."""
    for house in HOUSES:
        if find_wallet("organisation", house.key).unlimited:
            continue
        month = standing.spent_since(house, None, at.date() - timedelta(days=30))
        least, wanted = (50, 100) if past.now - at > timedelta(days=12) else (35, 60)
        left = standing.available(house, None, at)
        missing = month * wanted // 100 - left if left * 100 < month * least else 0
        if missing > 0:
            part = standing.whole(missing, step=500)
            rules.credit(house, part, "migration", f"Contract of the earlier system, {at:%B}", at)


def _give_monthly(past: Past, first: date, scale: Scale, at: datetime) -> None:
    """Study tokens for the members of college and school, as far as there are any."""
    told = scale.told((at.date() - first).days)
    for house, tokens in ((ALDERMOOR, 80), (LINGUA, 150)):
        members = [person for person in house.present(told) if person.role == "member"]
        keys = [p.key for p in members if not (p.price_book or house.user(p.key) in past.quiet)]
        if standing.available(house, None, at) > 2 * len(keys) * tokens * MICRO:
            rules.give(house, keys, tokens, f"Study tokens for {at:%B}", at)


def _thank(at: datetime) -> None:
    """Earned tokens for some who helped, each quarter."""
    for house, key, tokens, why in (
        (ALDERMOOR, "learner", 40, "Proofread the glossary of Biology 101"),
        (ALDERMOOR, "jonas.keller", 75, "Led the study group"),
        (LINGUA, "learner", 30, "Recorded 20 sentences for the listening exercises"),
        (LINGUA, "yuki.tanaka", 30, "Tested the new exercises"),
        (PIXELWORKS, "learner", 60, "Wrote the guide to prompts"),
    ):
        rules.credit(house, tokens, "promotion", why, at, user=key)
