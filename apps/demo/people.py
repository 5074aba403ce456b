"""Who there is in the demo: three organisations, their members, one of the staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from apps.identity.models import User
from apps.organisations.models import Organisation
from apps.organisations.services import set_member
from apps.wallets.services import sync_organisation, sync_user

EVERYBODY_SAYS = "scrip-demo"
"""The password of all of them."""
ACTOR = "demo"


@dataclass(frozen=True, slots=True)
class Person:
    """A member: the part of the e-mail before the @, the name, role and account type."""

    key: str
    name: str
    role: str
    account_type: str = "learner"


@dataclass(frozen=True, slots=True)
class House:
    """An organisation with its members; the first three have the log-ins that are announced."""

    key: str
    name: str
    price_book: str
    time_zone: str
    people: tuple[Person, ...]

    def user(self, key: str) -> str:
        """The platform's id of a member."""
        return f"{self.key}.{key}"

    def of_role(self, *roles: str) -> list[str]:
        return [self.user(person.key) for person in self.people if person.role in roles]


ALDERMOOR = House(
    "aldermoor",
    "Aldermoor College",
    "campus",
    "Europe/Berlin",
    (
        Person("owner", "Ingrid Solheim", "owner"),
        Person("teacher", "Tomasz Wrona", "teacher", "teacher"),
        Person("learner", "Ada Okafor", "member"),
        Person("priya", "Priya Nair", "admin"),
        Person("lucia", "Lucía Fernández", "teacher", "creator"),
        Person("jonas", "Jonas Keller", "member"),
        Person("mei", "Mei Lin Zhao", "member"),
        Person("samir", "Samir Haddad", "member"),
    ),
)
LINGUA = House(
    "lingua",
    "Lingua School of Languages",
    "school",
    "America/New_York",
    (
        Person("owner", "Margaret Chen", "owner"),
        Person("teacher", "Daniel Oduya", "teacher", "teacher"),
        Person("learner", "Noor Rahman", "member"),
        Person("elena", "Elena Petrova", "teacher", "teacher"),
        Person("marcus", "Marcus Webb", "billing"),
        Person("yuki", "Yuki Tanaka", "member"),
        Person("amara", "Amara Diallo", "member"),
    ),
)
PIXELWORKS = House(
    "pixelworks",
    "Pixelworks",
    "studio",
    "Europe/London",
    (
        Person("owner", "Rosa Lindqvist", "owner"),
        Person("teacher", "Kwame Mensah", "teacher", "creator"),
        Person("learner", "Ella Fitzpatrick", "member"),
        Person("hugo", "Hugo Marchetti", "admin"),
        Person("sana", "Sana Iqbal", "member"),
        Person("owen", "Owen Griffiths", "member"),
    ),
)
HOUSES = (ALDERMOOR, LINGUA, PIXELWORKS)


def is_there() -> bool:
    """Whether the demo was made before."""
    return Organisation.objects.filter(platform_id=ALDERMOOR.key).exists()


def open_houses(at: datetime) -> None:
    """Make the organisations and their people, with wallets, log-ins and one of the staff."""
    users = [_staff(at)]
    for house in HOUSES:
        fields = {"name": house.name, "price_book": house.price_book, "time_zone": house.time_zone}
        sync_organisation(key=house.key, fields=fields, at=at, actor=ACTOR)
        organisation = Organisation.objects.get(platform_id=house.key)
        for person in house.people:
            user = _person(house, person, at)
            set_member(organisation=organisation, user=user, role=person.role, actor=ACTOR, at=at)
            users.append(user)
    _let_in(users)


def _staff(at: datetime) -> User:
    sync_user(
        key="staff", fields={"name": "Robin Castle", "email": "staff@scrip.example"}, at=at, actor=ACTOR
    )
    user = User.objects.get(platform_id="staff")
    user.is_staff = user.is_superuser = True
    return user


def _person(house: House, person: Person, at: datetime) -> User:
    fields = {
        "name": person.name,
        "email": f"{person.key}@{house.key}.example",
        "account_type": person.account_type,
        "price_book": house.price_book,
        "time_zone": house.time_zone,
    }
    sync_user(key=house.user(person.key), fields=fields, at=at, actor=ACTOR)
    return User.objects.get(platform_id=house.user(person.key))


def _let_in(users: list[User]) -> None:
    """Let them log in by e-mail; hashed once, because hashing is slow on purpose."""
    hashed = make_password(EVERYBODY_SAYS)
    for user in users:
        user.password = hashed
    User.objects.bulk_update(users, ["password", "is_staff", "is_superuser"])
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
