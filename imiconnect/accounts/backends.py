"""Who is behind a session."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from imiconnect.accounts.models import User
from imiconnect.accounts.seats import seats_with_person


class SeatedBackend(AuthenticationBackend):
    """allauth's backend; it reads a person together with their seats.

    Each page needs both, and a query more costs it more than a wider row does.
    """

    def get_user(self, user_id: Any) -> User | None:
        """Return the person of a session, None where there is none that may sign in."""
        seats = seats_with_person(user_id)
        if not seats:
            person: User | None = super().get_user(user_id)
            return person
        user: User = seats[0].user
        user.seats_at_hand = seats
        return user
