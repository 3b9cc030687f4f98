"""Pages for machines: is the process alive, is the platform ready, what are its figures."""

from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from imiconnect.engines import health, metrics


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process is alive; asks nothing else."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when every part works, 503 when one does not, with what is known of each."""
    parts = health.parts()
    ready = all(part.ready for part in parts.values())
    rows = {
        name: {key: value for key, value in asdict(part).items() if value not in (None, "")}
        for name, part in parts.items()
    }
    return JsonResponse({"ready": ready, "parts": rows}, status=200 if ready else 503)


@require_safe
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    """Return the figures for Prometheus; a proxy does not pass them on to the world."""
    if "X-Forwarded-For" in request.headers:
        raise Http404
    return HttpResponse(metrics.as_text(), content_type=CONTENT_TYPE_LATEST)
