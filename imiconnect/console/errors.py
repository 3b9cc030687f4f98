"""Pages for what went wrong: what happened, what was kept, what to do next, and an id."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the address or the form could not be read."""
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the person's role does not allow this, and whom to ask."""
    return render(request, "errors/403.html", {"reason": _reason(exception)}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, or none that this person may see."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is here; uses neither database nor session nor context."""
    html = render_to_string(
        "errors/500.html", {"request_id": getattr(request, "request_id", "")}
    )
    return HttpResponse(html, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the page had been open too long, or cookies are off; nothing was done."""
    return render(request, "errors/csrf.html", status=403)


def _reason(exception: Exception) -> str:
    return str(exception) if exception.args else ""
