"""At most one stream for each service; one stream for many."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from imiconnect.accounts.models import Member
from imiconnect.apps.services import Blocked
from imiconnect.rtm import streams
from imiconnect.rtm.models import ServiceStream
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db


def test_a_stream_serves_many_services(admin: Member, service: Service, support: Any) -> None:
    second = Service.objects.create(organization=service.organization, name="Second")
    streams.use_stream(service=second, stream=support)
    assert {use.service for use in support.uses.all()} == {service, second}


def test_another_stream_takes_the_place_of_the_first(
    admin: Member, service: Service, support: Any
) -> None:
    sales = streams.create_stream(member=admin, name="Sales")
    streams.use_stream(service=service, stream=sales)
    assert streams.stream_of(service) == sales
    assert ServiceStream.objects.count() == 1


def test_the_database_refuses_a_second_stream(
    admin: Member, service: Service, support: Any
) -> None:
    sales = streams.create_stream(member=admin, name="Sales")
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceStream.objects.bulk_create([ServiceStream(service=service, stream=sales)])


def test_a_stream_in_use_is_not_deleted(service: Service, support: Any) -> None:
    with pytest.raises(Blocked):
        streams.delete_stream(stream=support)
    streams.leave_stream(service=service)
    streams.delete_stream(stream=support)


def test_the_stream_of_a_service_is_chosen_on_its_page(
    client: Any, admin: Member, service: Service
) -> None:
    client.force_login(admin.user)
    url = f"/services/{service.pk}/stream/"
    assert "None yet" in client.get(url).content.decode()
    client.post(url, {"card": "new", "new-name": "x", "name": "Support"})
    chosen = streams.stream_of(service)
    assert chosen is not None and chosen.name == "Support"
    client.post(url, {"card": "stream", "stream": ""})
    assert streams.stream_of(service) is None
