"""Lists, times and forms: a template of a request as Apple's interactive data; no I/O.

MSP REST API, interactive messages. A template is ``{"template_type": "list_picker", …}``,
``time_picker`` or ``form``; what is missing or too much is said in a sentence.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.apple_business_chat import form_messages
from imiconnect.apps.channel_types.apple_business_chat.form_messages import Form
from imiconnect.console.words import Words


class Item(msgspec.Struct, kw_only=True):
    """A thing to pick; ``identifier`` comes back when it is picked."""

    identifier: str
    title: str
    subtitle: str = ""


class Section(msgspec.Struct, kw_only=True):
    """Things under a heading; several may be picked where ``multiple`` says so."""

    title: str
    items: list[Item]
    multiple: bool = False


class Place(msgspec.Struct, kw_only=True):
    """Where to meet."""

    title: str
    name: str = ""
    latitude: float | None = None
    longitude: float | None = None


class Slot(msgspec.Struct, kw_only=True):
    """A time to meet: when it begins, with its zone, and how many seconds it lasts."""

    identifier: str
    start: dt.datetime
    duration: int


class ListPicker(msgspec.Struct, kw_only=True, tag_field="template_type", tag="list_picker"):
    """A list; ``reply`` is shown with what was picked."""

    title: str
    sections: list[Section]
    subtitle: str = ""
    reply: str = ""


class TimePicker(msgspec.Struct, kw_only=True, tag_field="template_type", tag="time_picker"):
    """Times; ``timezone_offset`` in minutes is the place's, else the phone's own is shown."""

    title: str
    timeslots: list[Slot]
    subtitle: str = ""
    reply: str = ""
    timezone_offset: int | None = None
    location: Place | None = None


Template = ListPicker | TimePicker | Form


def problem_of(template: Mapping[str, Any]) -> Words:
    """Return why a template is none of Apple's, or nothing."""
    try:
        picker = _read(template)
    except msgspec.ValidationError as error:
        return _("the template is not as documented: %(error)s.") % {"error": error}
    if isinstance(picker, Form):
        return form_messages.problem_of(picker)
    if isinstance(picker, TimePicker):
        names = [slot.identifier for slot in picker.timeslots]
        if any(slot.start.tzinfo is None or slot.duration <= 0 for slot in picker.timeslots):
            return _("a time has a zone and lasts some seconds.")
    else:
        names = [item.identifier for section in picker.sections for item in section.items]
        if any(not section.items for section in picker.sections):
            return _("a section has items.")
    if not names or not all(names) or len(set(names)) < len(names):
        return _("there is something to pick, each with an identifier of its own.")
    return ""


def capability_of(template: Mapping[str, Any]) -> str:
    """Return what a phone must be able to show for a template without a problem."""
    return {ListPicker: "LIST", TimePicker: "TIME", Form: "FORM"}[type(_read(template))]


def words_of(template: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return a title and what there is to pick, in words; nothing of a form."""
    picker = _read(template)
    if isinstance(picker, ListPicker):
        items = [item for section in picker.sections for item in section.items]
        return picker.title, [item.title for item in items]
    if isinstance(picker, TimePicker):
        times = [slot.start.astimezone(dt.UTC) for slot in picker.timeslots]
        return picker.title, [f"{moment:%Y-%m-%d %H:%M} UTC" for moment in times]
    return picker.title, []


def data_of(template: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what stands in ``data``, and the two messages beside it."""
    picker = _read(template)
    data = _data(picker)
    shown = {"title": picker.title, "subtitle": picker.subtitle, "style": "small"}
    reply = {"title": picker.reply or picker.title, "style": "small"}
    return data, {"receivedMessage": shown, "replyMessage": reply}


def _read(template: Mapping[str, Any]) -> Template:
    found: Template = msgspec.convert(dict(template), Template)
    return found


def _data(picker: Template) -> dict[str, Any]:
    if isinstance(picker, Form):
        return form_messages.data_of(picker)
    return _times(picker) if isinstance(picker, TimePicker) else _list(picker)


def _list(picker: ListPicker) -> dict[str, Any]:
    sections = [
        {
            "title": section.title,
            "order": place,
            "multipleSelection": section.multiple,
            "items": [
                {
                    "identifier": item.identifier,
                    "title": item.title,
                    "subtitle": item.subtitle,
                    "order": order,
                    "style": "default",
                }
                for order, item in enumerate(section.items)
            ],
        }
        for place, section in enumerate(picker.sections)
    ]
    return {"listPicker": {"sections": sections}}


def _times(picker: TimePicker) -> dict[str, Any]:
    event: dict[str, Any] = {
        "title": picker.title,
        "timeslots": [
            {
                "identifier": slot.identifier,
                # Apple reads no seconds and no colon in the offset.
                "startTime": slot.start.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M+0000"),
                "duration": slot.duration,
            }
            for slot in picker.timeslots
        ],
    }
    if picker.timezone_offset is not None:
        event["timezoneOffset"] = picker.timezone_offset
    if picker.location is not None:
        found = msgspec.to_builtins(picker.location)
        event["location"] = {name: v for name, v in found.items() if v not in (None, "")}
    return {"event": event}
