"""The demo's organisations and people are made: wallets, memberships, log-ins, staff with their roles."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from apps.allocations.alerts import admit_member
from apps.allocations.leaving import remove_member
from apps.demo.houses import ALDERMOOR, HOUSES, House, Person
from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.wallets.services import sync_organisation, sync_user

EVERYBODY_SAYS = "scrip-demo"
"""The password of all of them."""
ACTOR = "demo"
STAFF = (
    ("staff", "Robin Castle", ""),
    ("support", "Jo Bennett", "support"),
    ("finance", "Martin Oyelaran", "finance"),
    ("operations", "Petra Novak", "operations"),
)
"""The part of the e-mail before the @, name, and group; without one a superuser."""


def is_there() -> bool:
    """Whether the demo was begun before."""
    return Organisation.objects.filter(platform_id=ALDERMOOR.key).exists()


def is_whole() -> bool:
    """Whether it was made to its end: people can log in."""
    return EmailAddress.objects.filter(email=f"owner@{ALDERMOOR.key}.example").exists()


def organisation_of(house: House) -> Organisation:
    return Organisation.objects.get(platform_id=house.key)


def user_of(house: House, key: str) -> User:
    return User.objects.get(platform_id=house.user(key))


def open_house(house: House, at: datetime) -> None:
    """Make the organisation with those who are there from the beginning."""
    fields = {"name": house.name, "price_book": house.price_book, "time_zone": house.time_zone}
    sync_organisation(key=house.key, fields=fields, at=at, actor=ACTOR)
    for person in house.present(0):
        join(house, person, at)


def join(house: House, person: Person, at: datetime) -> None:
    """Let somebody become a member, with a wallet."""
    fields = {
        "name": person.name,
        "email": f"{person.key}@{house.key}.example",
        "account_type": person.account_type,
        "price_book": person.price_book or house.price_book,
        "time_zone": house.time_zone,
    }
    sync_user(key=house.user(person.key), fields=fields, at=at, actor=ACTOR)
    admit_member(
        organisation=organisation_of(house),
        user=user_of(house, person.key),
        role=person.role,
        actor=house.owner,
        at=at,
    )


def leave(house: House, person: Person, at: datetime) -> None:
    """Let a member leave; what was allocated and not spent returns."""
    remove_member(
        organisation=organisation_of(house),
        user=user_of(house, person.key),
        actor=house.owner,
        at=at,
    )


def open_staff(at: datetime) -> None:
    """Make the staff, one person for each role and one who may do everything."""
    for key, name, group in STAFF:
        sync_user(key=key, fields={"name": name, "email": f"{key}@scrip.example"}, at=at, actor=ACTOR)
        user = User.objects.get(platform_id=key)
        user.is_staff, user.is_superuser = True, not group
        user.save(update_fields=["is_staff", "is_superuser"])
        if group:
            user.groups.add(Group.objects.get_or_create(name=group)[0])


@transaction.atomic
def let_in() -> None:
    """Let everybody log in by e-mail; hashed once, because hashing is slow on purpose."""
    hashed = make_password(EVERYBODY_SAYS)
    keys = [house.user(person.key) for house in HOUSES for person in house.people]
    users = list(User.objects.filter(platform_id__in=[*keys, *(key for key, _, _ in STAFF)]))
    for user in users:
        user.password = hashed
    User.objects.bulk_update(users, ["password"])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
