"""Which addresses may use a key."""

import ipaddress
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.sources import address_of, checked_sources, is_allowed

NETWORKS = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen).map(
        lambda length: ipaddress.ip_network((address, length), strict=False)
    )
)


def test_addresses_and_networks_are_kept_once_in_cidr_notation() -> None:
    lines = [" 203.0.113.7 ", "", "203.0.113.7/32", "2001:DB8::/32", "::ffff:198.51.100.0/120"]
    assert checked_sources(lines) == ["203.0.113.7/32", "2001:db8::/32", "198.51.100.0/24"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("office", "“office” is no IP address or network"),
        ("203.0.113.300", "no IP address"),
        ("203.0.113.7/24", "Did you mean 203.0.113.0/24?"),
        ("203.0.113.0/33", "no IP address"),
    ],
)
def test_what_is_no_source_is_named(line: str, words: str) -> None:
    with pytest.raises(ValidationError, match="allowed_sources") as caught:
        checked_sources(["198.51.100.1", line])
    assert words in str(caught.value.messages[0])


def test_no_more_than_fifty_are_kept() -> None:
    lines = [f"198.51.100.{number}" for number in range(51)]
    assert len(checked_sources(lines[:50])) == 50
    with pytest.raises(ValidationError, match="no more than 50"):
        checked_sources(lines)


@given(network=NETWORKS, address=st.ip_addresses())
def test_an_address_is_allowed_when_it_is_in_a_network(network: Any, address: Any) -> None:
    # What is IPv4 may be written as IPv6 and is the same address.
    plain = getattr(address, "ipv4_mapped", None) or address
    if network.version == 4 or not network.overlaps(ipaddress.ip_network("::ffff:0:0/96")):
        sources = checked_sources([str(network)])
        assert is_allowed(sources, str(address)) is (plain in network)


def test_without_sources_every_address_is_allowed() -> None:
    assert is_allowed([], "203.0.113.7")
    assert is_allowed([], None)


@pytest.mark.parametrize("address", [None, "", "testclient", "203.0.113.8", "::1"])
def test_another_or_no_address_is_not_allowed(address: str | None) -> None:
    assert not is_allowed(["203.0.113.7/32"], address)


@pytest.mark.parametrize("address", ["203.0.113.7", "::ffff:203.0.113.7"])
def test_an_ipv4_address_is_the_same_written_as_ipv6(address: str) -> None:
    assert is_allowed(["203.0.113.7/32"], address)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "192.0.2.1, 203.0.113.7", "203.0.113.7"),
        (2, "192.0.2.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "", None),
    ],
)
def test_only_trusted_proxies_name_the_client(
    settings: Any, proxies: int, forwarded: str, address: str | None
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address_of(forwarded, "10.0.0.1") == address
