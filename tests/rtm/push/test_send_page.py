"""A push template is sent from the page of the other templates, and previewed."""

from typing import Any

import pytest
from django.urls import reverse

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.rtm.models import Message, MessageTemplate
from imiconnect.rtm.wordings import services
from imiconnect.sharing.models import Allocation, Service

pytestmark = pytest.mark.django_db(transaction=True)
SAME = {"title": "Bank", "text": "Paid $(sum)"}


@pytest.fixture
def client(client_of: Any, developer: Member) -> Any:
    """A Developer's browser."""
    return client_of(developer)


@pytest.fixture
def template(admin: Member) -> MessageTemplate:
    """A notification that is another one in browsers."""
    content = {
        "ios": SAME, "android": SAME,
        "web": {"text": "Paid $(sum)", "url": "https://bank.example/$(order)"},
    }  # fmt: skip
    return services.create_template(member=admin, channel="push", name="Paid", content=content)


def page_of(template: MessageTemplate) -> str:
    return f"{reverse('rtm:send')}?template={template.pk}"


def test_the_send_page_of_apps_sends_a_push_template(
    client: Any, pushed: App, service: Service, template: MessageTemplate
) -> None:
    offered = client.get(reverse("rtm:send")).content.decode()
    assert "Paid · Push" in offered
    page = client.get(page_of(template)).content.decode()
    assert "Thread ID" not in page
    assert "&quot;deliverychannel&quot;: &quot;push&quot;" in page
    route = Allocation.objects.get(service=service)
    values = {"route": str(route.pk), "user_id": "u1", "parameter-sum": "7 EUR"}
    assert client.post(page_of(template), values).status_code == 422
    client.post(page_of(template), values | {"parameter-order": "42"})
    message = Message.objects.get()
    assert (message.channel, message.app, message.address) == ("push", pushed, "u1")
    assert message.payload["push"]["ios"] == {"title": "Bank", "text": "Paid 7 EUR"}
    assert message.payload["push"]["web"]["url"] == "https://bank.example/42"


def test_an_app_without_push_is_refused_at_once(
    client: Any, rtm_app: App, service: Service, template: MessageTemplate
) -> None:
    route = Allocation.objects.get(service=service)
    values = {"route": str(route.pk), "user_id": "u1", "parameter-sum": "7"}
    answer = client.post(page_of(template), values | {"parameter-order": "42"})
    assert answer.status_code == 422
    assert "has no push for the systems of the template" in answer.content.decode()
    assert not Message.objects.exists()


def test_previews_show_what_each_system_shows(
    client: Any, service: Service, template: MessageTemplate
) -> None:
    page = reverse("rtm:template", args=[template.pk])
    shown = client.get(page, {"parameter-sum": "9 EUR"}).content.decode()
    for words in ("iOS, Android", "<strong>Bank</strong>", "Paid 9 EUR", "Browsers"):
        assert words in shown
    assert "https://bank.example/order" in shown
    assert page_of(template) in shown
    assert "Paid $(sum)" in client.get(page_of(template)).content.decode()
