"""Who there is in the demo: three organisations and their members, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import slugify

ALL_YEAR = 0


@dataclass(frozen=True, slots=True)
class Person:
    """A member: the part of the e-mail before the @, name, role, account type.

    `joins` and `leaves` are days after the beginning; `price_book` is said where it is not the house's.
    """

    key: str
    name: str
    role: str = "member"
    account_type: str = "learner"
    joins: int = ALL_YEAR
    leaves: int | None = None
    price_book: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """An organisation with its members; owner, teacher and learner are the log-ins that are announced."""

    key: str
    name: str
    price_book: str
    time_zone: str
    people: tuple[Person, ...]

    def user(self, key: str) -> str:
        """The platform's id of a member."""
        return f"{self.key}.{key}"

    @property
    def owner(self) -> str:
        """The owner, as the trail of changes names people."""
        return f"user:{self.user('owner')}"

    def of_role(self, *roles: str) -> list[Person]:
        return [person for person in self.people if person.role in roles]

    def present(self, day: int) -> list[Person]:
        """Who is a member so many days after the beginning."""
        return [p for p in self.people if p.joins <= day and (p.leaves is None or day < p.leaves)]


def _members(
    names: str,
    role: str = "member",
    account_type: str = "learner",
    *,
    joins: int = ALL_YEAR,
    leaves: int | None = None,
) -> tuple[Person, ...]:
    """People of one kind, by their names; the address is the name with a dot."""
    return tuple(
        Person(_address(name), name, role, account_type, joins, leaves) for name in names.split(", ")
    )


def _address(name: str) -> str:
    return slugify(name.replace("ı", "i")).replace("-", ".")


FROZEN = Person("felix.brandt", "Felix Brandt")
"""Whose wallet staff has frozen."""
GUEST = Person("sofia.brandao", "Sofia Brandão", "member", "creator", joins=290, price_book="school")
"""Teaches at the college as a guest and has a wallet in the school's price book."""
LEFT = Person("oskar.lund", "Oskar Lund", leaves=318)
"""Has left the college and tries all the same."""
ALDERMOOR = House(
    "aldermoor",
    "Aldermoor College",
    "campus",
    "Europe/Berlin",
    (
        Person("owner", "Ingrid Solheim", "owner", "creator"),
        Person("teacher", "Tomasz Wrona", "teacher", "teacher"),
        Person("learner", "Ada Okafor"),
        FROZEN,
        GUEST,
        LEFT,
        *_members("Priya Nair, Henrik Dahl", "admin", "creator"),
        *_members("Beatrix Vogel", "billing"),
        *_members("Lucía Fernández, Emre Yıldız, Agnieszka Kowalska, David Osei", "teacher", "teacher"),
        *_members("Claire Dubois, Rafael Monteiro", "teacher", "creator", joins=60),
        *_members("Jonas Keller, Mei Lin Zhao, Samir Haddad, Hannah Brunner, Luca Moretti, Fatima Benali"),
        *_members("Niklas Voss, Aylin Demir, Pavel Novotný, Greta Lindholm, Theo Baumann, Zainab Yusuf"),
        *_members("Mateusz Zieliński, Elif Kaya, Anton Weber, Chiara Ricci", joins=45),
        *_members("Yara Mansour, Finn Hartmann, Katarina Jovanović, Oluwaseun Ade", joins=130),
        *_members("Leonie Schreiber, Ravi Menon, Sara Lindqvist, Jakub Horák, Minh Tran", joins=215),
        *_members("Clara Nyström, Dimitri Petrov, Amelie Fournier, Kofi Boateng, Ines Pereira", joins=300),
        *_members("Marta Vidal", leaves=140),
        *_members("Björn Ekström, Tessa van Dijk", joins=30, leaves=250),
    ),
)
SPENT = Person("bruno.alves", "Bruno Alves")
"""A student who uses up what he has within an evening."""
LINGUA = House(
    "lingua",
    "Lingua School of Languages",
    "school",
    "America/New_York",
    (
        Person("owner", "Margaret Chen", "owner", "creator"),
        Person("teacher", "Daniel Oduya", "teacher", "teacher"),
        Person("learner", "Noor Rahman"),
        SPENT,
        *_members("Gloria Hastings", "admin", "creator"),
        *_members("Marcus Webb", "billing"),
        *_members("Elena Petrova, Hiroshi Sato, Camille Laurent", "teacher", "teacher"),
        *_members("Isabel Cruz", "teacher", "teacher", joins=110),
        *_members("Yuki Tanaka, Amara Diallo, Tyler Brooks, Svetlana Orlova, Min-jun Park, Leila Haidari"),
        *_members("Diego Ramírez, Wanjiru Kamau, Nina Castellano", joins=50),
        *_members("Arjun Patel, Sophie Tremblay, Mohammed Al-Sayed, Grace Liu", joins=160),
        *_members("Julia Nowak, Carlos Mendes, Anh Nguyen, Rebecca Stone", joins=285),
        *_members("Viktor Ivanov", leaves=200),
        *_members("Paula Jensen", joins=20, leaves=330),
    ),
)
PIXELWORKS = House(
    "pixelworks",
    "Pixelworks",
    "studio",
    "Europe/London",
    (
        Person("owner", "Rosa Lindqvist", "owner", "creator"),
        Person("teacher", "Kwame Mensah", "teacher", "creator"),
        Person("learner", "Ella Fitzpatrick"),
        *_members("Hugo Marchetti", "admin", "creator"),
        *_members("Patrick O’Neill", "billing"),
        *_members("Sana Iqbal, Owen Griffiths, Freya Macleod", account_type="creator"),
        *_members("Theo Papadakis, Imogen Clarke", account_type="creator", joins=75),
        *_members("Dev Chandra, Maisie Turner", account_type="creator", joins=180),
        *_members("Noah Adeyemi, Lotte de Vries", account_type="creator", joins=295),
        *_members("Callum Reid", account_type="creator", leaves=260),
    ),
)
HOUSES = (ALDERMOOR, LINGUA, PIXELWORKS)
