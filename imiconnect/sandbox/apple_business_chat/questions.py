"""Forms on a phone of the double: what Apple takes as one, and what a person answers."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict

_TYPES = ("select", "picker", "datePicker", "input")
Page = dict[str, Any]


def is_form(data: Mapping[str, Any]) -> bool:
    """Tell whether interactive data holds a form whose pages lead from the first to an end."""
    dynamic = data.get("dynamic")
    if not isinstance(dynamic, dict) or dynamic.get("template") != "messageForms":
        return False
    form = dynamic.get("data")
    if not dynamic.get("version") or not isinstance(form, dict):
        return False
    pages = form.get("pages")
    if not isinstance(pages, list) or not pages:
        return False
    names = [str(page.get("pageIdentifier", "")) for page in pages]
    if len(set(names)) < len(names) or not all(0 < len(name) < 20 for name in names):
        return False
    targets = {target for page in pages for target in _leads_to(page)}
    known = {*targets, str(form.get("startPageIdentifier"))} <= set(names)
    return known and all(_is_page(page) for page in pages)


def pages_of(data: Mapping[str, Any]) -> list[Page]:
    """Return the pages of a form."""
    return list(data["dynamic"]["data"]["pages"])


def asked(data: Mapping[str, Any]) -> list[Page]:
    """Return the pages for a screen, each with the name of its field."""
    return [
        page | {"field": f"page-{place}", "options": page.get("options") or {}}
        for place, page in enumerate(pages_of(data))
    ]


def answered(data: Mapping[str, Any], told: QueryDict) -> dict[str, Any] | None:
    """Return the data of the answer, as a phone sends it; None while something is missing."""
    selections = []
    for page in _walked(data, told):
        items = _answer(page, told.getlist(page["field"]))
        if not items and (page["type"] != "input" or page["options"].get("required")):
            return None
        kept = ("pageIdentifier", "title", "subtitle")
        selections.append({name: page.get(name, "") for name in kept} | {"items": items})
    dynamic = data["dynamic"]
    answer = {"template": dynamic["template"], "version": dynamic["version"], "private": False}
    return {
        "version": "1.0",
        "requestIdentifier": data["requestIdentifier"],
        "dynamic": answer | {"selections": selections},
    }


def words_of(data: Mapping[str, Any]) -> str:
    """Return the answers of a customer as the phone shows them."""
    told = data["dynamic"]["selections"]
    return "; ".join(
        f"{page['title'] or page['subtitle']}: "
        + ", ".join(item["title"] or item["value"] for item in page["items"])
        for page in told
    )


def _walked(data: Mapping[str, Any], told: QueryDict) -> Iterator[Page]:
    """Yield the pages that a person has come to by their answers."""
    pages = {page["pageIdentifier"]: page for page in asked(data)}
    name = data["dynamic"]["data"]["startPageIdentifier"]
    while name in pages:
        # A page is come to once: a form does not go round.
        page = pages.pop(name)
        yield page
        chosen = told.getlist(page["field"])
        by_item = [
            item.get("nextPageIdentifier", "")
            for item in page.get("items", [])
            if item["identifier"] in chosen
        ]
        name = page.get("nextPageIdentifier") or next(iter(by_item), "")


def _answer(page: Page, told: list[str]) -> list[dict[str, str]]:
    kind = page["type"]
    if kind in ("select", "picker"):
        chosen = [item for item in page["items"] if item["identifier"] in told]
        return [
            {"type": kind} | {name: item[name] for name in ("identifier", "title", "value")}
            for item in (chosen if page.get("multipleSelection") else chosen[:1])
        ]
    text = told[0].strip() if told else ""
    if kind == "datePicker" and text:
        year, month, day = text.split("-")
        text = f"{month}/{day}/{year}"
    named = {"identifier": page["pageIdentifier"], "title": ""}
    return [{"type": kind, "value": text} | named] if text else []


def _is_page(page: Any) -> bool:
    if page.get("type") not in _TYPES or not page.get("subtitle"):
        return False
    if bool(page.get("submitForm")) != (not any(_leads_to(page))) and not _branches(page):
        return False
    if page["type"] not in ("select", "picker"):
        return isinstance(page.get("options"), dict)
    items = page.get("items")
    return bool(items) and all(
        item.get("identifier") and item.get("title") and item.get("value") for item in items
    )


def _branches(page: Page) -> bool:
    """Tell whether some answers end the form and others do not."""
    found = [bool(item.get("nextPageIdentifier")) for item in page.get("items", [])]
    return any(found) and not all(found)


def _leads_to(page: Page) -> set[str]:
    found = {page.get("nextPageIdentifier", "")}
    if page.get("type") == "select":
        found |= {item.get("nextPageIdentifier", "") for item in page.get("items", [])}
    return {str(name) for name in found if name}
