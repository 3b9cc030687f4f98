"""The people and levels of the demonstration: two organizations, every role at each level."""

from dataclasses import dataclass

from imiconnect.accounts import services
from imiconnect.accounts.models import Member, Organization
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.rules import Level, columns_of
from imiconnect.vault import new_key

_FIRST_NAMES = {
    Role.ADMIN: "Ada Amaya Aron Alma Arlo Aisha",
    Role.DEVELOPER: "Dan Dora Dev Dina Dirk Dara",
    Role.ASSET_MANAGER: "Mia Marc Mona Max Mila Musa",
    Role.VIEWER: "Vic Vera Vito Vida Vlad Veda",
}
#: One for each level, so that a list of people tells them apart.
_FAMILY_NAMES = ("Larsen", "Okafor", "Moreau", "Silva", "Novak", "Tanaka")


@dataclass(frozen=True)
class SignIn:
    """With what a demo person signs in."""

    email: str
    password: str
    role: str
    organization: str


@dataclass(frozen=True)
class DemoPeople:
    """What ``make_people`` has made; ``admin`` is Northwind's."""

    northwind: Organization
    admin: Member
    accounts: list[SignIn]
    support: SignIn


def make_people() -> DemoPeople:
    """Make both organizations, people of every role at each level, and support staff."""
    northwind = services.create_organization(name="Northwind Bank")
    retail = services.create_group(organization=northwind, name="Retail")
    cards = services.create_team(group=retail, name="Cards")
    services.create_team(group=retail, name="Loans")
    corporate = services.create_group(organization=northwind, name="Corporate")
    services.create_team(group=corporate, name="Treasury")
    harbour = services.create_organization(name="Harbour Telecom")
    mobile = services.create_group(organization=harbour, name="Mobile")
    care = services.create_team(group=mobile, name="Customer care")

    accounts: list[SignIn] = []
    levels: tuple[Level, ...] = (northwind, retail, cards, harbour, mobile, care)
    seats = [
        _seat(level, role, number, accounts)
        for number, level in enumerate(levels)
        for role in Role
    ]
    return DemoPeople(northwind, seats[0], accounts, _support())


def _seat(level: Level, role: Role, number: int, accounts: list[SignIn]) -> Member:
    organization = columns_of(level)["organization"]
    assert isinstance(organization, Organization)  # noqa: S101 - the first of the three
    domain = organization.name.split()[0].lower()
    first = _FIRST_NAMES[role].split()[number]
    email, password = f"{first.lower()}@{domain}.example", new_key(12)
    name = f"{first} {_FAMILY_NAMES[number]}"
    user = services.create_person(email=email, name=name, password=password)
    accounts.append(SignIn(email, password, str(role.label), organization.name))
    return services.add_member(user=user, level=level, role=role)


def _support() -> SignIn:
    email, password = "support@imiconnect.example", new_key(12)
    services.create_staff(email=email, name="Support", password=password)
    return SignIn(email, password, "Support staff", "")
