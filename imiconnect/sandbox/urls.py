"""Addresses of the sandbox; all of them answer 404 where it is off."""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from django.http import Http404
from django.urls import URLPattern, URLResolver, include, path

from imiconnect.sandbox import views
from imiconnect.sandbox.apps import is_on
from imiconnect.sandbox.twins import by_slug


def _guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def inner(*args: Any, **kwargs: Any) -> Any:
        if not is_on():
            raise Http404
        return view(*args, **kwargs)

    return inner


def _behind_the_switch(patterns: list[URLPattern]) -> list[URLPattern | URLResolver]:
    return [
        URLPattern(item.pattern, _guarded(item.callback), item.default_args, item.name)
        for item in patterns
    ]


_PAGES = [
    path("", views.Twins.as_view(), name="twins"),
    path("<slug:twin>/", views.twin_page, name="twin"),
]

urlpatterns = [
    path(
        "tools/sandbox/",
        include((_behind_the_switch(_PAGES), "sandbox"), namespace="sandbox"),
    ),
    *(
        path(
            f"sandbox/{twin.slug}/",
            include(_behind_the_switch(import_module(twin.urls).urlpatterns)),
        )
        for twin in by_slug().values()
    ),
]
