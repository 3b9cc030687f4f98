"""Secrets that are shown once, on a page of their own; until then encrypted in the session."""

import uuid
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from imiconnect import vault
from imiconnect.console.forms import PageMixin
from imiconnect.console.words import Words

SESSION_KEY = "secrets_once"


def show_once(
    request: HttpRequest,
    *,
    title: Words,
    secrets: dict[str, str],
    next_url: str,
    note: Words = "",
) -> str:
    """Keep secrets (label to value) for one look and return the address to redirect to.

    ``next_url`` is where "I have stored the key" leads; ``note`` says what the key is for.
    """
    key = str(uuid.uuid4())
    kept = request.session.get(SESSION_KEY, {})
    entry = {
        "title": str(title),
        "note": str(note),
        "next_url": next_url,
        "secrets": {str(label): vault.encrypt(value) for label, value in secrets.items()},
    }
    request.session[SESSION_KEY] = {**kept, key: entry}
    return reverse("console:secret", args=[key])


@method_decorator(never_cache, name="dispatch")
class SecretPage(LoginRequiredMixin, PageMixin, TemplateView):
    """Show what ``show_once`` kept, and forget it; a second look says that it was shown."""

    template_name = "console/secret.html"
    title = _("Shown once")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw the secrets and drop them from the session."""
        kept = dict(request.session.get(SESSION_KEY, {}))
        entry = kept.pop(str(kwargs["key"]), None)
        if entry is None:
            return self.render_to_response(self.get_context_data(gone=True), status=410)
        request.session[SESSION_KEY] = kept
        secrets = [
            {"label": label, "value": vault.decrypt(value), "id": f"secret-{number}"}
            for number, (label, value) in enumerate(entry["secrets"].items())
        ]
        context = self.get_context_data(secrets=secrets, note=entry["note"])
        return self.render_to_response(
            context | {"title": entry["title"], "next_url": entry["next_url"]}
        )
