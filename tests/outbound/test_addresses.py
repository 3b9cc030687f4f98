"""Which addresses a customer's URL may lead to."""

import ipaddress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imiconnect.outbound import is_public

PRIVATE_V4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip
PRIVATE_V6 = [
    "::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
    "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "3fff::/20", "fc00::/7",
    "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip


def inside(networks: list[str]) -> st.SearchStrategy[Any]:
    def addresses(text: str) -> st.SearchStrategy[Any]:
        network = ipaddress.ip_network(text)
        numbers = st.integers(int(network[0]), int(network[-1]))
        kind = type(network[0])
        return numbers.map(kind)

    return st.one_of([addresses(text) for text in networks])


@given(inside(PRIVATE_V4))
def test_no_special_ipv4_address_is_public(address: ipaddress.IPv4Address) -> None:
    assert not is_public(address)


@given(inside(PRIVATE_V6))
@example(ipaddress.IPv6Address("::ffff:127.0.0.1"))
@example(ipaddress.IPv6Address("64:ff9b::7f00:1"))
@example(ipaddress.IPv6Address("2002:7f00:1::"))
@example(ipaddress.IPv6Address("fe80::1%eth0"))
def test_no_special_ipv6_address_is_public(address: ipaddress.IPv6Address) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_outside_of_the_special_ranges_is_public(
    address: ipaddress.IPv4Address,
) -> None:
    special = any(address in ipaddress.ip_network(text) for text in PRIVATE_V4)
    relays = address in ipaddress.ip_network("192.88.99.0/24")
    assert is_public(address) == (not special and not relays)


@given(st.ip_addresses(v=4))
def test_no_ipv6_form_of_an_ipv4_address_is_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    forms = [
        (0xFFFF << 32) | number,
        number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),
    ]
    assert not any(is_public(ipaddress.IPv6Address(form)) for form in forms)


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_allowed(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))
