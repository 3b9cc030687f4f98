"""Which account carries a text or call: the routes of support, chosen here alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.messaging import Carries, SenderKind
from imiconnect.numbers.kinds import LIVE, Kind
from imiconnect.numbers.models import CarrierAccount, CarrierRoute, PhoneLine
from imiconnect.numbers.numbering import region_of


@dataclass(frozen=True)
class Way:
    """An account to ask, and the route that leads there, if one does."""

    account: CarrierAccount
    route: CarrierRoute | None = None


@dataclass(frozen=True)
class Ends:
    """Who speaks to whom, as carriers write it: phone numbers without plus sign."""

    sender: str
    sender_kind: SenderKind
    to: str


class Routes:
    """The routes of one medium as they are now, for a batch; three queries at most."""

    def __init__(self, medium: Carries, ends: Iterable[Ends]) -> None:
        """Read the routes, the accounts, and where the senders' numbers were bought."""
        rows = registry.carrying()
        self._accounts = {row.slug: row for row in rows if _carries(row, medium)}
        self._routes = [
            route
            for route in CarrierRoute.objects.filter(medium=medium, is_active=True)
            if route.account_id in {row.pk for row in self._accounts.values()}
        ]
        self._by_pk = {row.pk: row for row in self._accounts.values()}
        self._bought_at = _bought_at({end.sender for end in ends if _is_number(end)})

    def ways(self, ends: Ends) -> Sequence[Way]:
        """Return the accounts to ask, the first one first.

        A route that names the sender comes first. A number bought at a carrier that carries
        has no other way: nobody else may send from it. Then come the routes that fit; where
        support has set up no route for this medium at all, every account in its order.
        """
        fitting = self._fitting(ends)
        own = self._accounts.get(self._bought_at.get(ends.sender, ""))
        if own is not None and not any(way.route and way.route.sender for way in fitting):
            return [Way(own, _route_over(own, fitting))]
        if fitting or self._routes:
            return fitting
        return [Way(row) for row in self._accounts.values()]

    def _fitting(self, ends: Ends) -> list[Way]:
        country = region_of(f"+{ends.to}")
        routes = [route for route in self._routes if _fits(route, ends, country)]
        routes.sort(key=_rank)
        ways: dict[int, Way] = {}
        for route in routes:
            ways.setdefault(route.account_id, Way(self._by_pk[route.account_id], route))
        return list(ways.values())


def _carries(row: CarrierAccount, medium: Carries) -> bool:
    return medium in registry.messengers_by_slug()[row.kind].carries


def _is_number(ends: Ends) -> bool:
    return ends.sender_kind == SenderKind.PHONE_NUMBER


def _bought_at(senders: set[str]) -> dict[str, str]:
    """Return the account of each number among the senders that a carrier sold us."""
    if not senders:
        return {}
    lines = PhoneLine.objects.filter(
        number__kind=Kind.PHONE_NUMBER,
        number__state__in=LIVE,
        number__value__in=[f"+{sender}" for sender in senders],
    )
    pairs = lines.values_list("number__value", "carrier")
    return {value.removeprefix("+"): carrier for value, carrier in pairs}


def _fits(route: CarrierRoute, ends: Ends, country: str | None) -> bool:
    return (
        route.country_id in (None, country)
        and route.sender_kind in ("", ends.sender_kind)
        and route.sender.casefold() in ("", ends.sender.casefold())
    )


def _rank(route: CarrierRoute) -> tuple[bool, bool, bool, int, int]:
    """Return what routes are sorted by: what says more comes first."""
    return (
        not route.sender,
        route.country_id is None,
        not route.sender_kind,
        route.position,
        route.pk,
    )


def _route_over(account: CarrierAccount, ways: Sequence[Way]) -> CarrierRoute | None:
    return next((way.route for way in ways if way.account.pk == account.pk), None)
