"""Where a person makes an account at the double, and plays its followers."""

import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from imiconnect.console.toasts import toast, warn
from imiconnect.sandbox.files import chosen
from imiconnect.sandbox.talk import Bubble, Press
from imiconnect.sandbox.views import TwinPage
from imiconnect.sandbox.wechat import files, media
from imiconnect.sandbox.wechat.api import note_message
from imiconnect.sandbox.wechat.push import greet, push
from imiconnect.sandbox.wechat.world import STORE

MODES = {
    "safe": _("Safe mode"),
    "compatible": _("Compatible mode"),
    "plain": _("Plain mode"),
}


def _acted() -> dict[str, Any]:
    """Return what is kept of a lesser act: it allows some answers, for a moment."""
    return {"acted_at": time.time(), "acted_answers": 0}


def _talk(follower: str) -> list[Bubble]:
    return [_drawn(follower, data) for _key, data in STORE.all("message", follower=follower)]


def _drawn(follower: str, data: dict[str, Any]) -> Bubble:
    """Return a message as the follower sees it."""
    kind, body = data["type"], data["body"]
    if kind == "text":
        return Bubble(body["content"], data["out"])
    if kind == "msgmenu":
        appid, openid = follower.split("/", 1)
        common = {"act": "press", "appid": appid, "openid": openid}
        presses = [
            Press(item["content"], common | {"item": item["id"], "text": item["content"]})
            for item in body["list"]
        ]
        return Bubble(body["head_content"], data["out"], presses=presses)
    if kind == "news":
        article = body["articles"][0]
        return Bubble(article["title"], data["out"], link=article["url"])
    return Bubble(body.get("description", ""), data["out"], files=[_file(body["media_id"])])


def _file(key: str) -> dict[str, Any]:
    """Return a file as a phone shows it: a picture as itself."""
    found = STORE.get("media", key)
    if found is None:
        return {"name": _("a file that is gone")}
    size = filesizeformat(len(files.data_of(found)))
    is_picture = found["word"] == "image"
    return {
        "name": f"{found['word']}, {found['mime']}, {size}",
        "image": urlsplit(media.address(key)).path if is_picture else "",
    }


class WeChatPage(TwinPage):
    """Accounts with their server settings, followers, and what they write and see."""

    template_name = "sandbox/wechat/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the accounts, the chosen one, and its followers with their messages."""
        accounts = STORE.all("account")
        chosen = self.request.GET.get("account") or (accounts[-1][0] if accounts else "")
        account = STORE.get("account", chosen)
        followers = [
            (key.split("/", 1)[1], data, _talk(key))
            for key, data in STORE.all("follower")
            if key.startswith(f"{chosen}/")
        ]
        return super().get_context_data(**kwargs) | {
            "accounts": [appid for appid, _data in accounts],
            "appid": chosen,
            "account": account,
            "followers": followers,
            "modes": MODES.items(),
            "talk_url": f"{self.request.path}?{urlencode({'account': chosen})}",
        }

    def perform(self, act: str) -> str | None:
        """Do what the person asks, as an owner of the account or as a follower."""
        acts: dict[str, Callable[[], str | None]] = {
            "account": self._make_account,
            "server": self._set_server,
            "follow": self._follow,
            "unfollow": self._unfollow,
            "say": self._say,
            "attach": self._attach,
            "press": self._press,
            "tap": self._tap,
            "scan": self._scan,
        }
        if act not in acts:
            raise Http404
        return acts[act]()

    def _sent(self, name: str) -> str:
        return self.request.POST.get(name, "").strip()

    def _account(self) -> dict[str, Any]:
        account = STORE.get("account", self._sent("appid"))
        if account is None:
            raise Http404
        return account

    def _make_account(self) -> str:
        appid = "wx" + secrets.token_hex(8)
        STORE.put("account", appid, secret=secrets.token_hex(16), original=f"gh_{appid[2:14]}")
        toast(self.request, _("The account is made."))
        return f"{self.request.path}?{urlencode({'account': appid})}"

    def _set_server(self) -> None:
        self._account()
        server = {name: self._sent(name) for name in ("url", "token", "aes_key", "mode")}
        if not greet(server):
            warn(self.request, _("The server did not return the echostr; nothing is saved."))
            return
        STORE.change("account", self._sent("appid"), server=server)
        toast(self.request, _("The server has answered; its settings are saved."))

    def _follow(self) -> None:
        openid = self._sent("openid") or "o" + secrets.token_urlsafe(20)
        key = f"{self._sent('appid')}/{openid}"
        STORE.put("follower", key, follows=True, answers=0, **_acted())
        self._push(openid, MsgType="event", Event="subscribe", EventKey="")

    def _unfollow(self) -> None:
        openid = self._sent("openid")
        STORE.change("follower", f"{self._sent('appid')}/{openid}", follows=False)
        self._push(openid, MsgType="event", Event="unsubscribe", EventKey="")

    def _say(self) -> None:
        self._write(self._sent("openid"), self._sent("text"))

    def _attach(self) -> None:
        """Send a picture, a voice or a film, as a phone does: by WeChat's id of it."""
        file = chosen(self.request)
        if file is None:
            return
        form = files.form_of(file.data)
        if form is None or form is files.MP3:
            warn(self.request, _("WeChat sends pictures, voices in AMR and films in MP4."))
            return
        self._account()
        named = files.keep(self._sent("appid"), form, file.data)
        fields = {"MediaId": named}
        if form.word == "image":
            fields["PicUrl"] = media.address(named)
        elif form.word == "voice":
            fields["Format"] = "amr"
        else:
            fields["ThumbMediaId"] = secrets.token_urlsafe(48)
        self._heard(self._sent("openid"), form.word, {"media_id": named}, **fields)

    def _press(self) -> None:
        self._write(self._sent("openid"), self._sent("text"), self._sent("item"))

    def _tap(self) -> None:
        self._act("CLICK")

    def _scan(self) -> None:
        self._act("SCAN")

    def _act(self, event: str) -> None:
        """Tap an item of the account's menu, or scan a code with a parameter."""
        openid = self._sent("openid")
        if STORE.change("follower", f"{self._sent('appid')}/{openid}", **_acted()) is None:
            raise Http404
        self._push(openid, MsgType="event", Event=event, EventKey=self._sent("key"))

    def _write(self, openid: str, text: str, item: str = "") -> None:
        menu = {"bizmsgmenuid": item} if item else {}
        self._heard(openid, "text", {"content": text}, Content=text, **menu)

    def _heard(self, openid: str, kind: str, body: dict[str, Any], **fields: str) -> None:
        """Keep what a follower writes or sends, and tell the account."""
        key = f"{self._sent('appid')}/{openid}"
        if STORE.change("follower", key, heard_at=time.time(), answers=0) is None:
            raise Http404
        name = note_message(key, kind, body, out=True)
        self._push(openid, MsgType=kind, MsgId=name, **fields)

    def _push(self, openid: str, **fields: str) -> None:
        account = self._account()
        if "server" not in account:
            warn(self.request, _("The account has no server settings; nobody is told."))
            return
        common = {
            "ToUserName": account["original"],
            "FromUserName": openid,
            "CreateTime": str(int(time.time())),
        }
        said = push(self._sent("appid"), account["server"], common | fields)
        if said != "200 success":
            toast(self.request, _("The server answered: %s") % said)
