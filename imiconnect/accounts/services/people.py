"""People themselves, independent of any organization."""

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.rules import keep_an_admin
from imiconnect.audit.services import record


@transaction.atomic
def create_person(*, email: str, name: str, password: str | None = None) -> User:
    """Make a person; the caller has checked the password against the validators.

    Raises ``ValidationError`` when the address has an account, also when another request
    makes it at the same moment.
    """
    taken = ValidationError(_("There is an account with this e-mail address."), code="taken")
    if User.objects.filter(email__iexact=email).exists():
        raise taken
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        raise taken from None
    record("user.created", user)
    return user


@transaction.atomic
def create_staff(*, email: str, name: str, password: str | None = None) -> User:
    """Make a member of the support staff, who may do everything in the admin."""
    user = create_person(email=email, name=name, password=password)
    return set_staff(user=user, staff=True)


@transaction.atomic
def set_staff(*, user: User, staff: bool) -> User:
    """Let a person into the Django admin with every right, or no longer."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if (user.is_staff, user.is_superuser) != (staff, staff):
        user.is_staff = user.is_superuser = staff
        user.save(update_fields=["is_staff", "is_superuser"])
        record("user.made_staff" if staff else "user.no_longer_staff", user)
    return user


@transaction.atomic
def rename_person(*, user: User, name: str) -> None:
    """Change the name that others see."""
    before = user.name
    if before == name:
        return
    User.objects.filter(pk=user.pk).update(name=name)
    user.name = name
    record("user.renamed", user, before={"name": before}, after={"name": name})


@transaction.atomic
def change_email(*, user: User, email: str) -> None:
    """Change the address with which a person signs in; the caller knows that it is theirs.

    Raises ``ValidationError`` when it is malformed or has an account.
    """
    validate_email(email)
    address, before = User.objects.normalize_email(email).lower(), user.email
    if address == before:
        return
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=address)
            # allauth's own rows of addresses would bring the old one back.
            EmailAddress.objects.filter(user=user).delete()
    except IntegrityError:
        raise ValidationError(_("There is an account with this e-mail address.")) from None
    user.email = address
    record("user.address_changed", user, before={"email": before}, after={"email": address})


@transaction.atomic
def set_person_active(*, user: User, active: bool) -> None:
    """Lock a person out everywhere, or let them in again; never the last Admin of a tenant."""
    runs = user.memberships.filter(is_active=True, role=Role.ADMIN, group=None)
    seats = runs.values("organization")
    organizations = Organization.objects.select_for_update().filter(pk__in=seats)
    locked = list(organizations.order_by("pk"))
    if user.is_active == active:
        return
    User.objects.filter(pk=user.pk).update(is_active=active)
    user.is_active = active
    if not active:
        for organization in locked:
            keep_an_admin(organization)
    record("user.activated" if active else "user.deactivated", user)
