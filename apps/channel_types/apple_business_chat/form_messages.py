"""Forms: pages of questions that a phone asks one after another, and their answers; no I/O.

MSP REST API, form message: ``data.dynamic`` with the template ``messageForms``. A phone shows
a form only where its ``capability-list`` has FORM (iPhone and iPad).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

TEMPLATE, VERSION = "messageForms", "1.2"
#: A page's identifier is shorter than 20 characters.
MAX_IDENTIFIER = 19
#: Characters of titles and subtitles in a bubble.
MAX_TITLE = 512
#: As the phone writes dates, and takes them.
DATE_FORMAT, _DATE = "MM/dd/yyyy", "%m/%d/%Y"

Keyboard = Literal[
    "default", "asciiCapable", "numbersAndPunctuation", "URL", "numberPad", "phonePad",
    "namePhonePad", "emailAddress", "decimalPad", "UIKeyboardTypeTwitter", "webSearch",
]  # fmt: skip


class Item(msgspec.Struct, kw_only=True):
    """An answer to choose; where only one is chosen, it may lead to a page of its own."""

    identifier: str
    title: str
    value: str = ""
    next: str = ""


class _Page(msgspec.Struct, kw_only=True, tag_field="type"):
    """A question, ``subtitle``, below a ``title``; ``next`` is a later page, none ends here."""

    identifier: str
    subtitle: str
    title: str = ""
    next: str = ""
    #: Which of its fields goes by which name into the options of Apple's page.
    options: ClassVar[Mapping[str, str]] = {}

    def leads_to(self) -> list[str]:
        """Return the pages that may come after this one; an empty name ends the form."""
        return [self.next]

    def problem(self) -> Words:
        """Return what is wrong with the page alone, in a sentence, or nothing."""
        return ""

    def body(self) -> dict[str, Any]:
        """Return what Apple's page has besides what all have."""
        found = ((word, _told(getattr(self, name))) for name, word in self.options.items())
        options = {word: value for word, value in found if value not in (None, "")}
        hint = getattr(self, "hint", "")
        return {"options": options} | ({"hintText": hint} if hint else {})


class SelectPage(_Page, kw_only=True, tag="select"):
    """Choose one, or several where ``multiple`` says so."""

    items: list[Item]
    multiple: bool = False

    def leads_to(self) -> list[str]:
        """Return where each item leads; of several chosen ones none leads anywhere."""
        return [self.next] if self.multiple else [item.next or self.next for item in self.items]

    def problem(self) -> Words:
        """Return what is wrong with the items."""
        if self.multiple and any(item.next for item in self.items):
            return _("items of which several may be chosen lead to no page.")
        return _problem_of_items(self.items)

    def body(self) -> dict[str, Any]:
        """Return the items; of which one is chosen, each with the page that it leads to."""
        items = [
            _item(item) | ({} if self.multiple else _next(item.next or self.next))
            for item in self.items
        ]
        return {"multipleSelection": self.multiple, "items": items}


class PickerPage(_Page, kw_only=True, tag="picker"):
    """Turn a wheel of items; ``selected`` is the first one's place in them."""

    items: list[Item]
    label: str = ""
    selected: int = 0

    def problem(self) -> Words:
        """Return what is wrong with the items."""
        if not 0 <= self.selected < max(len(self.items), 1):
            return _("selected is the place of an item, counted from 0.")
        if any(item.next for item in self.items):
            return _("items of a wheel lead to no page.")
        return _problem_of_items(self.items)

    def body(self) -> dict[str, Any]:
        """Return the wheel."""
        wheel = {"items": [_item(item) for item in self.items], "pickerTitle": self.label}
        return wheel | {"selectedItemIndex": self.selected}


class DatePage(_Page, kw_only=True, tag="datePicker"):
    """Choose a day, from ``minimum`` to ``maximum``, which is today where it is not said."""

    start: dt.date | None = None
    minimum: dt.date | None = None
    maximum: dt.date | None = None
    label: str = ""
    hint: str = ""
    options: ClassVar[Mapping[str, str]] = {
        "start": "startDate", "minimum": "minimumDate", "maximum": "maximumDate",
        "label": "labelText",
    }  # fmt: skip

    def problem(self) -> Words:
        """Return what is wrong with the days."""
        days = [day for day in (self.minimum, self.start, self.maximum) if day]
        return (
            "" if days == sorted(days) else _("minimum, start and maximum are in this order.")
        )

    def body(self) -> dict[str, Any]:
        """Return the days as the phone reads them."""
        page = super().body()
        return page | {"options": page["options"] | {"dateFormat": DATE_FORMAT}}


class InputPage(_Page, kw_only=True, tag="input"):
    """Write a line, or several where ``multiline`` says so; ``maximum`` is in characters."""

    required: bool = False
    multiline: bool = False
    maximum: int | None = None
    keyboard: Keyboard = "default"
    content: str = ""
    label: str = ""
    prefix: str = ""
    placeholder: str = ""
    regex: str = ""
    hint: str = ""
    options: ClassVar[Mapping[str, str]] = {
        "required": "required", "maximum": "maximumCharacterCount", "keyboard": "keyboardType",
        "content": "textContentType", "label": "labelText", "prefix": "prefixText",
        "placeholder": "placeholder", "regex": "regex",
    }  # fmt: skip

    def problem(self) -> Words:
        """Return what is wrong with the field."""
        if self.maximum is not None and self.maximum <= 0:
            return _("maximum is a number of characters.")
        if self.multiline and (self.label or self.prefix):
            return _("a label and a prefix are for one line only.")
        return ""

    def body(self) -> dict[str, Any]:
        """Return the field."""
        page = super().body()
        kind = "multiline" if self.multiline else "singleline"
        return page | {"options": page["options"] | {"inputType": kind}}


Page = SelectPage | PickerPage | DatePage | InputPage


class Splash(msgspec.Struct, kw_only=True):
    """What is shown before the first page."""

    header: str
    text: str = ""
    button: str = ""


class Form(msgspec.Struct, kw_only=True, tag_field="template_type", tag="form"):
    """Pages, the first one first; ``summary`` shows all answers before they are sent."""

    title: str
    pages: list[Page]
    subtitle: str = ""
    reply: str = ""
    splash: Splash | None = None
    summary: bool = False


def problem_of(form: Form) -> Words:
    """Return why Apple would not take a form, in a sentence, or nothing."""
    if not form.pages:
        return _("a form has at least one page.")
    if any(len(text) > MAX_TITLE for text in (form.title, form.subtitle, form.reply)):
        return _("titles have 512 characters or fewer.")
    later: set[str] = set()
    for page in reversed(form.pages):
        if not 0 < len(page.identifier) <= MAX_IDENTIFIER or page.identifier in later:
            return _("each page has an identifier of its own, of 19 characters or fewer.")
        if any(name and name not in later for name in page.leads_to()):
            return _("the page %(page)s leads to one that does not come after it.") % {
                "page": page.identifier
            }
        if words := page.problem():
            return _("page %(page)s: %(problem)s") % {
                "page": page.identifier,
                "problem": words,
            }
        later.add(page.identifier)
    return ""


def data_of(form: Form) -> dict[str, Any]:
    """Return what stands in ``data`` for a form that has no problem."""
    data: dict[str, Any] = {
        "startPageIdentifier": form.pages[0].identifier,
        "showSummary": form.summary,
        "pages": [_page(page) for page in form.pages],
    }
    if form.splash:
        data["splash"] = {
            "header": form.splash.header,
            "splashtext": form.splash.text,
            "buttonTitle": form.splash.button or str(_("Continue")),
        }
    return {"dynamic": {"template": TEMPLATE, "version": VERSION, "data": data}}


def answers_in(data: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]] | None:
    """Return what a customer has answered: in words, and page by page; None for no form."""
    dynamic = _dict(data.get("dynamic"))
    if dynamic.get("template") != TEMPLATE or not isinstance(dynamic.get("selections"), list):
        return None
    pages = [_answer(_dict(page)) for page in dynamic["selections"]]
    return "; ".join(words for words, _page_told in pages), [told for _words, told in pages]


def _answer(page: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    items = list(_items_of(page))
    asked = str(page.get("title") or page.get("subtitle") or page.get("pageIdentifier", ""))
    told = {
        "page": str(page.get("pageIdentifier", "")),
        "question": str(page.get("subtitle") or page.get("title", "")),
        "items": [{name: item[name] for name in _KEPT if item.get(name)} for item in items],
    }
    # What was written is the value; of what was chosen the title is what the person has read.
    words = (
        item["value"] if item["type"] in ("input", "datePicker") else item["title"]
        for item in items
    )  # fmt: skip
    return f"{asked}: {', '.join(words)}", told


_KEPT = ("identifier", "title", "value")


def _items_of(page: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    items = page.get("items")
    for found in items if isinstance(items, list) else ():
        item = _dict(found)
        names = ("type", *_KEPT)
        told = {name: str(item.get(name) or "") for name in names}
        yield told | {"title": told["title"] or told["value"]}


def _problem_of_items(items: list[Item]) -> Words:
    names = [item.identifier for item in items]
    if not names or not all(names) or len(set(names)) < len(names):
        return _("there is something to choose, each with an identifier of its own.")
    return "" if all(item.title for item in items) else _("each item has a title.")


def _page(page: Page) -> dict[str, Any]:
    common = {
        "pageIdentifier": page.identifier,
        "type": str(page.__struct_config__.tag),
        "title": page.title,
        "subtitle": page.subtitle,
        "submitForm": not any(page.leads_to()),
    }
    by_items = isinstance(page, SelectPage) and not page.multiple
    return common | ({} if by_items else _next(page.next)) | page.body()


def _item(item: Item) -> dict[str, str]:
    value = item.value or item.identifier
    return {"identifier": item.identifier, "title": item.title, "value": value}


def _next(name: str) -> dict[str, str]:
    return {"nextPageIdentifier": name} if name else {}


def _told(value: Any) -> Any:
    return value.strftime(_DATE) if isinstance(value, dt.date) else value


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
