"""From a message's content to a customer-service message (facts/wechat.md, section 5)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

#: WeChat cuts nothing: a longer text is refused (errcode 45002).
MAX_TEXT_BYTES = 2048
#: Media that WeChat sends by an id of its own, by the platform's word for them.
_BY_ID = {"image": "image", "audio": "voice", "voice": "voice", "video": "video"}


def problem_of(payload: Mapping[str, Any]) -> Words:
    """Return why WeChat would not take a message's content, or nothing."""
    text = str(payload.get("message", ""))
    if len(text.encode()) > MAX_TEXT_BYTES:
        return _("a text has at most 2,048 bytes in WeChat.")
    if payload.get("template"):
        return _("WeChat has no templates within a conversation.")
    media = payload.get("media") or []
    if any(item.get("id") and _kind(item) not in _BY_ID for item in media):
        return _("a media_id of WeChat is of an image, a voice or a video.")
    if text and any(item.get("id") and _BY_ID[_kind(item)] != "video" for item in media):
        return _("WeChat shows no text beside a picture or a voice.")
    if media and _options(payload):
        return _("WeChat sends quick replies without a file.")
    return ""


def file_of(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the file that WeChat may take as one, None where there is none.

    A picture or voice beside a text is none: WeChat would show the one without the other, so
    they go as an article with both.
    """
    media = payload.get("media") or []
    if not media or media[0].get("id"):
        return None
    found: Mapping[str, Any] = media[0]
    kind = _BY_ID.get(_kind(found), "")
    return found if kind == "video" or (kind and not payload.get("message")) else None


def film_of(
    payload: Mapping[str, Any], upload: tuple[str, str] | None
) -> Mapping[str, Any] | None:
    """Return the film that a message sends as one, which needs a picture; None for no film."""
    for item in (payload.get("media") or [])[:1]:
        kind = _BY_ID[_kind(item)] if item.get("id") else (upload or ("", ""))[0]
        if kind == "video":
            return dict(item)
    return None


def message_of(
    openid: str,
    payload: Mapping[str, Any],
    upload: tuple[str, str] | None = None,
    thumbnail: str = "",
) -> dict[str, Any]:
    """Return the body of ``custom/send`` for content that has no problem.

    Quick replies become a menu. ``upload`` is what WeChat has taken the file as, and its
    ``media_id``; a file that has one goes as it is, any other as an article that leads to it.
    A film goes with the id of its ``thumbnail``.
    """
    text = str(payload.get("message", ""))
    media = payload.get("media") or []
    if options := _options(payload):
        return _body(openid, "msgmenu", _menu(text, options))
    if media and media[0].get("id"):
        upload = (_BY_ID[_kind(media[0])], str(media[0]["id"]))
    if upload:
        kind, media_id = upload
        film = {"thumb_media_id": thumbnail, "title": "", "description": text}
        return _body(openid, kind, {"media_id": media_id} | (film if kind == "video" else {}))
    if media:
        return _body(openid, "news", {"articles": [_article(text, media[0])]})
    return _body(openid, "text", {"content": text})


def _body(openid: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"touser": openid, "msgtype": kind, kind: content}


def _menu(text: str, options: list[Mapping[str, Any]]) -> dict[str, Any]:
    listed = [
        {"id": str(option.get("payload") or option["title"]), "content": str(option["title"])}
        for option in options
    ]
    return {"head_content": text, "list": listed, "tail_content": ""}


def _article(text: str, item: Mapping[str, Any]) -> dict[str, str]:
    url = str(item.get("file", ""))
    article = {"title": text or url, "description": "", "url": url}
    return article | ({"picurl": url} if _kind(item) == "image" else {})


def _options(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((payload.get("quickReplies") or {}).get("options") or [])


def _kind(item: Mapping[str, Any]) -> str:
    """Return image, audio, video or file; ``contentType`` is a word or a MIME type."""
    return str(item.get("contentType", "")).split("/")[0]
