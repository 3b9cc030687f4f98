"""Every address of the URLconf, with the ids of one organization's objects filled in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

#: Parameters that name an object; a colon narrows one to addresses that begin so. The value
#: is the key of the object in the test's ``objects``.
OBJECTS = {
    "app_id": "app",
    "rtmsAPI/:app_id": "app_id",
    "hooks/:app_id": "app_id",
    "service_id": "service",
    "api/v1/apps/:pk": "app",
    "api/v1/app-authorizations/:pk": "authorization",
    "api/v1/apps/:level": "team",
    "api/v1/services/:pk": "service",
    "api/v1/services/:allocation": "allocation",
    "allocation_id": "allocation",
    "api/v1/services/:mapping": "mapping",
    "mapping_id": "mapping",
    "opt_out": "opt_out",
    "opt_word": "opt_word",
    "api/v1/opt-outs/:pk": "opt_out",
    "api/v1/opt-out-words/:pk": "opt_word",
    "api/v1/groups/:pk": "group",
    "api/v1/teams/:pk": "team",
    "rule_id": "rule",
    "api/v1/services/:rule": "rule",
    "member_id": "person",
    "invitation_id": "invitation",
    "group_id": "group",
    "team_id": "team",
    "entry_id": "audit_entry",
    "resources/:app_id": "app_id",
    "thread_id": "thread",
    "transid": "profile_batch",
    "messages/callbacks/:key": "callback",
    "messages/recordings/:key": "recording",
    "api/v1/recordings/:pk": "recording",
    "messages/:key": "message",
    "messages/templates/:template_id": "template",
    "api/v1/templates/:pk": "template",
    "conversations/:tid": "message",
    "conversations/:agent_id": "person",
    "api/v1/conversations/:pk": "thread",
    "api/v1/conversations/:tid": "message",
    "api/v1/conversations/:agent": "person",
    "customers/topics/:topic": "topic",
    "customers/segments/:segment": "segment",
    "customers/:key": "customer",
    "rtmsAPI/:topic": "topic",
    "media_id": "media",
    "rtmsAPI/:segment": "segment",
    "api/v1/streams/:pk": "stream",
    "api/v1/threads/:pk": "thread",
    "api/v1/topics/:pk": "topic",
    "api/v1/segments/:pk": "segment",
    "device_key": "device",
    "stream_id": "stream",
    "api/v1/customers/:pk": "customer",
    "api/v1/app-profiles/:pk": "device",
    "api/v1/contacts/:pk": "contact",
    "numbers/requests/:pk": "offline_request",
    "numbers/:pk": "number",
    "api/v1/numbers/offline-requests/:pk": "offline_request",
    "api/v1/numbers/:pk": "number",
    "word_id": "reserved_keyword",
    "token_id": "api_token",
}
#: Parameters that name no row of an organization, with a value that fits.
WORDS = {
    "channel": "mobile_web",
    "platform": "web",
    "method": "web-push",
    "system": "web",
    "step": "name",
    "conversations/:place": "0",
    "api/v1/conversations/:place": "0",
    "numbers/:form": "name",
    "apps/:name": "access_token",
    "api/v1/apps/:name": "access_token",
    "tools/sandbox/:twin": "nobody",
    "sandbox/:version": "v25.0",
    "sandbox/:page": "20000000000001",
    "sandbox/:hook": "nobody",
    "sandbox/:person": "nobody",
    "sandbox/:project": "nobody",
    "sandbox/:subscription": "nobody",
    "sandbox/twitter/:key": "nobody",
    "sandbox/twitter/:name": "a.png",
    "sandbox/carrier/:name": "nobody",
    "sandbox/facebook/:key": "nobody",
    "sandbox/wechat/:key": "nobody",
    "sandbox/facebook/:plugin": "send",
    "sandbox/facebook/:locale": "en_US",
    "sandbox/apple_business_chat/:key": "01900000-0000-7000-8000-000000000000",
    # A page that shows a new key once, found by the session that made it.
    "secret/:key": "01900000-0000-7000-8000-000000000000",
    "rtmsAPI/:user_id": "u1",
    "resources/:customer_id": "c1",
    "resources/:device_id": "phone",
    "api/v1/topics/:user_id": "u1",
    "token": "a-token-of-nobody",
    # Carriers call without a session; an account that is none is not found.
    "account": "nobody",
    "rest": "messages",
    "uidb36": "1",
    "account/password/:key": "set-password",
}


@dataclass(frozen=True)
class Address:
    """One address: its route as written, a path to call, and the objects it names."""

    route: str
    path: str
    objects: tuple[str, ...]


def every_address(objects: dict[str, Any]) -> list[Address]:
    """Return every address outside of the Django admin.

    Raises ``LookupError`` for a parameter that is in neither table above, so that a new
    route cannot be forgotten here.
    """
    patterns = get_resolver().url_patterns
    return [
        _filled(route, parameters, objects)
        for route, parameters in _walk(patterns, "")
        if not route.startswith("admin/")
    ]


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        form, parameters = normalize(pattern.pattern.regex.pattern)[0]
        route = prefix + form
        if isinstance(pattern, URLPattern):
            yield route, _names_in(route)
        else:
            assert isinstance(pattern, URLResolver)
            yield from _walk(pattern.url_patterns, route)


def _names_in(route: str) -> list[str]:
    return [part.partition(")s")[0] for part in route.split("%(")[1:]]


def _filled(route: str, parameters: list[str], objects: dict[str, Any]) -> Address:
    values: dict[str, Any] = {}
    named: list[str] = []
    for parameter in parameters:
        key = _find(OBJECTS, route, parameter)
        if key is not None:
            named.append(key)
            values[parameter] = objects[key]
            continue
        word = _find(WORDS, route, parameter)
        if word is None:
            raise LookupError(
                f"{route}: say in tests/routes.py what the parameter {parameter!r} names"
            )
        values[parameter] = word
    return Address(route, "/" + route % values, tuple(named))


def _find(table: dict[str, str], route: str, parameter: str) -> str | None:
    for key, value in table.items():
        prefix, _, name = key.rpartition(":")
        if prefix and name == parameter and route.startswith(prefix):
            return value
    return table.get(parameter)
