"""Addresses of many rows are those that Django finds for each."""

import uuid
from typing import Any

import pytest
from django.urls import NoReverseMatch, reverse

from imiconnect.console.addresses import address_of


def test_an_address_is_the_one_that_reverse_gives() -> None:
    for _ in range(2):
        key = uuid.uuid4()
        assert address_of("numbers:manage", key) == reverse("numbers:manage", args=[key])


def test_an_address_follows_the_urls_that_are_in_force(settings: Any) -> None:
    key = uuid.uuid4()
    address_of("numbers:manage", key)
    settings.ROOT_URLCONF = "imiconnect.engines.urls"
    with pytest.raises(NoReverseMatch):
        address_of("numbers:manage", key)
