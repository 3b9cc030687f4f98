"""Uploading files of messages, and reading them by addresses that expire."""

import mimetypes
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.rtm.media import addresses
from imiconnect.rtm.media.parsing import MAX_FILE, Full, Refused
from imiconnect.rtm.media.services import store
from imiconnect.rtm.models import MediaFile
from imiconnect.rtm.rest.base import RtmsView
from imiconnect.rtm.rest.device_bodies import DoneAnswer
from imiconnect.rtm.rest.devices import DONE, KEY, TOKEN
from imiconnect.rtm.rest.errors import Code, RtmsError

TAG = ["RTM media"]
#: Bytes that a form has beside its file.
_AROUND = 16 * 1024
#: Types that a browser shows in place; everything else is downloaded.
_SHOWN = ("image/", "audio/", "video/")


class MediaAnswer(DoneAnswer):
    """A file, by its id and addresses that expire."""

    mediaId = serializers.UUIDField()
    contentType = serializers.CharField()
    size = serializers.IntegerField()
    file = serializers.CharField(required=False)
    preview = serializers.CharField(required=False)


class UploadBody(serializers.Serializer[Any]):
    """The one part of an upload; the header ``media-type`` may say its type."""

    media = serializers.FileField()
    clientId = serializers.CharField(max_length=1024)


class AgainBody(serializers.Serializer[Any]):
    """An address that has expired."""

    url = serializers.CharField(max_length=2000)


class UploadView(RtmsView):
    """A device uploads a file."""

    #: A form with a file is no JSON; TLS alone protects it.
    is_sealed = False

    parser_classes = (MultiPartParser,)  # type: ignore[assignment]  # not JSON, for once

    @extend_schema(
        tags=TAG,
        parameters=[
            KEY,
            TOKEN,
            OpenApiParameter("previewRequired", bool),
            OpenApiParameter("fileUrlRequired", bool),
            OpenApiParameter("media-type", str, OpenApiParameter.HEADER),
        ],
        request={"multipart/form-data": UploadBody},
        responses=MediaAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Parse and keep it: images up to 5 MB, other files up to 16 MB."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FILE + _AROUND:
            raise RtmsError(Code.INVALID, "The file is larger than 16 MB.")
        values = self.body(UploadBody)
        device = self.device_of(values["clientId"])
        upload = values["media"]
        if upload.size > MAX_FILE:
            raise RtmsError(Code.INVALID, "The file is larger than 16 MB.")
        wanted = request.query_params.get("previewRequired", "false") == "true"
        said = request.headers.get("media-type") or upload.content_type or ""
        try:
            row = store(
                app=self.app,
                user_id=device.user_id,
                data=upload.read(),
                content_type=said,
                preview=wanted,
            )
        except Full as error:
            status, reason = HTTPStatus.FORBIDDEN, "storage_full"
            raise RtmsError(Code.INVALID, str(error), status=status, reason=reason) from None
        except Refused as error:
            code = Code.CONTENT_TYPE if error.is_type else Code.INVALID
            raise RtmsError(code, str(error)) from None
        return Response(DONE | _answer(request, row))


class GenerateMediaView(RtmsView):
    """A fresh address for one that has expired."""

    @extend_schema(tags=TAG, parameters=[KEY, TOKEN], request=AgainBody, responses=MediaAnswer)
    def post(self, request: Request, app_id: str, user_id: str) -> Response:
        """Whoever was given an address may have it again."""
        self.user_devices(user_id)
        found = addresses.read(app_id, self.body(AgainBody)["url"])
        row = MediaFile.objects.filter(pk=found[0], app=self.app).first() if found else None
        if row is None:
            missing = "The url is not an address of a file of this app."
            raise RtmsError(Code.INVALID, missing, status=HTTPStatus.NOT_FOUND)
        return Response(DONE | _answer(request, row))


def _answer(request: Request, row: MediaFile) -> dict[str, Any]:
    host = f"{request.scheme}://{request.get_host()}"
    app_id = row.app.app_id
    preview = (
        {"preview": host + addresses.address(app_id, row.pk, preview=True)}
        if row.has_preview
        else {}
    )
    return preview | {
        "mediaId": str(row.pk),
        "contentType": row.content_type,
        "size": row.size,
        "file": host + addresses.address(app_id, row.pk),
    }


@require_GET
def read_media(request: HttpRequest, app_id: str, media_id: UUID) -> HttpResponseBase:
    """Send a file to whoever has its address, until that expires."""
    part, expires = request.GET.get("part", "file"), request.GET.get("exp", "")
    if not addresses.is_signed(media_id, part, expires, request.GET.get("sig", "")):
        return _refused("The address is not signed by this platform.", HTTPStatus.FORBIDDEN)
    if addresses.is_over(expires):
        return _refused("The address has expired. Ask for a fresh one.", HTTPStatus.GONE)
    row = MediaFile.objects.filter(pk=media_id, app__app_id=app_id).first()
    name = f"{row.path}-preview" if row and part == "preview" else row.path if row else ""
    if row is None or not default_storage.exists(name):
        return _refused("The file is not kept any more.", HTTPStatus.NOT_FOUND)
    kind = "image/jpeg" if part == "preview" else row.content_type
    response = FileResponse(
        default_storage.open(name),
        as_attachment=not kind.startswith(_SHOWN),
        filename=f"{row.pk}{mimetypes.guess_extension(kind) or ''}",
        content_type=kind,
    )
    return _harmless(response)


def _harmless(response: HttpResponseBase) -> HttpResponseBase:
    """Let no browser take a file for a page of this origin."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _refused(sentence: str, status: HTTPStatus) -> HttpResponse:
    return JsonResponse({"code": "4", "description": sentence}, status=status)
