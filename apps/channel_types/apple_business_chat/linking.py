"""Linking a business account to a level, once Apple has sent its owner here."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.channel_types.apple_business_chat.config import business_of
from imiconnect.apps.channel_types.apple_business_chat.provider import SLUG, is_configured
from imiconnect.apps.models import App

NO_ID = _(
    "Apple has named no business account. Choose IMIconnect as your CSP platform on Apple "
    "Business Register again."
)
NO_ACCESS = _(
    "This platform has no access to Apple Business Chat yet: its operator sets "
    "APPLE_BUSINESS_CHAT_CSP_ID and APPLE_BUSINESS_CHAT_CSP_SECRET."
)
TAKEN = _(
    "This business account is linked already, at a level that you cannot see. Whoever linked "
    "it can delete its app there; then link it here."
)


def found_business(member: Member, business_id: str) -> tuple[str, App | None]:
    """Return the id in its one form, and the app that the person's level has of it already.

    Raises ``ValidationError`` where it names no business, or one that is linked elsewhere.
    """
    try:
        business = business_of(business_id)
    except ValueError:
        raise ValidationError(NO_ID) from None
    apps = App.objects.filter(channel_type=SLUG, account=business)
    own: App | None = App.objects.at_or_below(member).filter(pk__in=apps).first()
    if own is None and apps.exists():
        raise ValidationError(TAKEN)
    return business, own


def link_business(
    *, member: Member, business_id: str, name: str, brand: str = "", logo: str = ""
) -> App:
    """Make the app of a business at the person's level; one that is there is returned.

    Raises ``ValidationError``.
    """
    if not is_configured():
        raise ValidationError(NO_ACCESS)
    business, own = found_business(member, business_id)
    if own is not None:
        return own
    config = {"business_id": business, "brand": brand, "logo": logo}
    try:
        return services.create_app(member=member, name=name, channel_type=SLUG, config=config)
    except ValidationError:
        # Somebody may have linked it in between.
        _business, own = found_business(member, business)
        if own is None:
            raise
        return own
