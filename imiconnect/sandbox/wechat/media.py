"""The media API of the double: upload, get, and the addresses of films and pictures.

Facts: "New temporary materials" and "Get temporary materials" of WeChat's documentation.
"""

import time
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header

from imiconnect.sandbox.wechat import files
from imiconnect.sandbox.wechat.api import account_of, bare, errcode
from imiconnect.sandbox.wechat.world import STORE


@bare
def upload(request: HttpRequest) -> HttpResponse:
    """``POST /cgi-bin/media/upload``: a form with the file ``media``."""
    if request.method != "POST":
        return errcode(43002, "require POST method")
    appid, problem = account_of(request)
    if problem:
        return problem
    word, file = request.GET.get("type", ""), request.FILES.get("media")
    if word not in ("image", "voice", "video", "thumb"):
        return errcode(40004, "invalid media type")
    if file is None or not file.size:
        return errcode(41005, "media data missing")
    data = file.read()
    form = files.thumb_of(data) if word == "thumb" else files.form_of(data)
    ending = (file.name or "").rpartition(".")[2].lower()
    if form is None or form.word != word or ending not in form.endings:
        return errcode(40005, "invalid file type")
    if len(data) > form.most:
        return errcode(45001, "media size out of limit")
    if files.seconds_of(data) > files.LONGEST_VOICE:
        return errcode(45007, "voice playtime out of limit")
    named = "thumb_media_id" if word == "thumb" else "media_id"
    made = {"type": word, named: files.keep(appid, form, data)}
    return JsonResponse(made | {"created_at": int(time.time())})


@bare
def get(request: HttpRequest) -> HttpResponse:
    """``GET /cgi-bin/media/get``: the file, or where it is if it is a film."""
    appid, problem = account_of(request)
    if problem:
        return problem
    key = request.GET.get("media_id", "")
    found = files.find(appid, key)
    if found is None:
        return errcode(40007, "invalid media_id")
    if found["word"] == "video":
        return JsonResponse({"video_url": address(key)})
    return _file(key, found, as_attachment=True)


def shown(request: HttpRequest, key: str) -> HttpResponse:
    """Answer at a file's own address, which whoever knows it may read."""
    found = STORE.get("media", key)
    if found is None:
        raise Http404
    # A browser of the console must run nothing that a follower has sent.
    return _file(key, found, as_attachment=found["word"] != "image")


def address(key: str) -> str:
    """Return the address of a file."""
    return f"{settings.PUBLIC_URL}/sandbox/wechat/mmbiz/{key}"


def _file(key: str, found: dict[str, Any], *, as_attachment: bool) -> HttpResponse:
    name = f"{key}.{found['mime'].rpartition('/')[2]}"
    disposition = content_disposition_header(as_attachment, name)
    headers = {"Content-Disposition": disposition} if disposition else {}
    return HttpResponse(files.data_of(found), content_type=found["mime"], headers=headers)
