"""What a caller says after the operator's ``record``, as a sound file; kept until deleted.

``GET /v1/recordings/<id>`` sends it, ``DELETE`` forgets it (204); 404 ``not_found`` otherwise.
"""

import base64
import hmac
import io
import math
import struct
import wave
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from imiconnect.sandbox.carrier.twin import key
from imiconnect.sandbox.store import Store

#: Samples a second of telephone sound, and the pitch of our caller's voice.
_RATE, _HERTZ = 8000, 440


def spoken(seconds: int) -> bytes:
    """Return a WAV file of so many seconds in which somebody hums."""
    frames = (
        int(9000 * math.sin(2 * math.pi * _HERTZ * at / _RATE)) for at in range(seconds * _RATE)
    )
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(b"".join(struct.pack("<h", frame) for frame in frames))
    return out.getvalue()


def keep(store: Store, name: str, sound: bytes) -> None:
    """Keep a recording in the memory of the operator."""
    store.put("recording", name, sound=base64.b64encode(sound).decode())


@csrf_exempt
@require_http_methods(["GET", "DELETE"])
def recording(request: HttpRequest, name: str) -> HttpResponse:
    """Send or forget a recording."""
    told = request.headers.get("Authorization", "")
    if not hmac.compare_digest(told.encode(), f"Bearer {key()}".encode()):
        return JsonResponse({"error": "unauthorized"}, status=401)
    store = Store("carrier")
    found: dict[str, Any] | None = store.get("recording", name)
    if found is None or "down" in store.switches():
        status = 404 if found is None else 503
        return JsonResponse({"error": "not_found" if found is None else "down"}, status=status)
    if request.method == "DELETE":
        store.drop("recording", name)
        return HttpResponse(status=204)
    return HttpResponse(base64.b64decode(found["sound"]), content_type="audio/wav")
