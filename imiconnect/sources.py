"""The addresses from which a key may be used: none named means from anywhere.

Addresses and networks are kept as text in CIDR notation (RFC 4632, RFC 4291), such as
``203.0.113.7/32``, so that a page, an API and an audit entry show the same words.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: More than a firewall's rule for one system would have.
MOST_SOURCES = 50
#: The longest IPv6 network in text.
SOURCE_LENGTH = 43

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def checked_sources(sources: Iterable[str], *, field: str = "allowed_sources") -> list[str]:
    """Return addresses and networks in CIDR notation, each once, in the order given.

    A single address becomes a network of its own. Raises ``ValidationError`` on ``field`` that
    names what is no address or network, and for more than ``MOST_SOURCES``.
    """
    found: dict[str, None] = {}
    for source in sources:
        text = source.strip()
        if not text:
            continue
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            raise ValidationError({field: [_problem(text)]}) from None
        found[str(_plain(network))] = None
    if len(found) > MOST_SOURCES:
        sentence = _("Enter no more than %(most)d addresses or networks.")
        raise ValidationError({field: ValidationError(sentence, params={"most": MOST_SOURCES})})
    return list(found)


def is_allowed(sources: Sequence[str], address: str | None) -> bool:
    """Tell whether a request from ``address`` may use a key with these sources."""
    if not sources:
        return True
    try:
        plain = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    mapped = plain.ipv4_mapped if plain.version == 6 else None
    return any((mapped or plain) in network for network in _networks(tuple(sources)))


def address_of(forwarded: str, peer: str | None) -> str | None:
    """Return a client's address, past as many proxies as are trusted.

    ``forwarded`` is the header X-Forwarded-For, empty where there is none; ``peer`` the other
    end of the connection.
    """
    hops = forwarded.split(",")
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        return hops[-settings.TRUSTED_PROXIES].strip() or None
    return peer or None


def _plain(network: _Network) -> _Network:
    """Return an IPv4 network that is written as IPv6 (RFC 4291, 2.5.5.2) as IPv4."""
    mapped = network.network_address.ipv4_mapped if network.version == 6 else None
    if mapped is None or network.prefixlen < 96:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - 96))


def _problem(text: str) -> ValidationError:
    """Return a sentence about what is no address or network; it offers the nearest one."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        sentence = _(
            "“%(text)s” is no IP address or network. Write it like 203.0.113.7 or "
            "198.51.100.0/24."
        )
        return ValidationError(sentence, params={"text": text[:SOURCE_LENGTH]})
    sentence = _("“%(text)s” is an address inside a network. Did you mean %(network)s?")
    return ValidationError(sentence, params={"text": text, "network": str(network)})


@lru_cache(maxsize=1024)
def _networks(sources: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ipaddress.ip_network(source) for source in sources)
