"""Where the gateway's pages stand in the console."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.addresses import address
from imiconnect.console.lists import Button
from imiconnect.console.live import register_topic
from imiconnect.console.shell import Section, register_section
from imiconnect.console.toolbox import Tool, register_tool
from imiconnect.rtm.live import group_of_messages


def register() -> None:
    """Add the navigation, the tool and the live topic of the message log."""
    register_section(Section("messages", _("Messages"), "rtm:messages", "messages", 50))
    register_section(
        Section(
            "conversations",
            _("Conversations"),
            "rtm:conversations",
            "message-2",
            55,
            _may_converse,
        )
    )
    register_section(Section("customers", _("Customers"), "rtm:customers", "users", 60))
    register_tool(
        Tool(
            "rtm:device",
            _("Try it: a device in your browser"),
            _("Connect this browser as a device of an app, receive messages and answer them."),
            "device-mobile",
            order=10,
            visible=_may_manage_apps,
        )
    )
    register_tool(
        Tool(
            "rtm:gateway",
            _("Gateway"),
            _("What waits for each processor, how fast it goes, and which provider is away."),
            "heartbeat",
            order=20,
            visible=_may_run_gateway,
        )
    )
    register_topic("messages", _group_of)


def message_pages(request: HttpRequest, current: str) -> list[Button]:
    """Return the lists of the section Messages; only one where the role sees no other."""
    member = getattr(request, "member", None)
    if not member or not member.can(Act.SEND_MESSAGES):
        return []
    pages = (
        ("messages", _("Log")),
        ("callbacks", _("Callbacks")),
        ("templates", _("Templates")),
    )
    return [
        Button(label, address(f"rtm:{name}"), current=name == current) for name, label in pages
    ]


def send_pages(current: str) -> list[Button]:
    """Return the pages that send one message, by medium."""
    pages = (
        ("send", _("Apps")),
        ("send-sms", _("SMS")),
        ("send-call", _("Voice")),
    )
    return [
        Button(label, address(f"rtm:{name}"), current=name == current) for name, label in pages
    ]


def customer_pages(current: str) -> list[Button]:
    """Return the lists of the section Customers."""
    pages = (
        ("customers", _("Customers")),
        ("contacts", _("Contacts")),
        ("topics", _("Topics")),
        ("segments", _("Segments")),
        ("opt-outs", _("Opt-outs")),
    )
    return [
        Button(label, address(f"rtm:{name}"), current=name == current) for name, label in pages
    ]


def _may_manage_apps(request: HttpRequest) -> bool:
    member = getattr(request, "member", None)
    return bool(member and member.can(Act.MANAGE_APPS))


def _may_run_gateway(request: HttpRequest) -> bool:
    member = getattr(request, "member", None)
    return bool(member and member.can(Act.RUN_GATEWAY))


def _may_converse(request: HttpRequest) -> bool:
    member = getattr(request, "member", None)
    return bool(member and member.can(Act.CONVERSE))


def _group_of(member: Any, rest: str) -> str | None:
    """Hints go to the whole organization: they name no content, and rows are read by HTTP."""
    return None if rest else group_of_messages(member.organization_id)
