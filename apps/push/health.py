"""The health of push: what came of the last notifications, and the check of the credentials.

FCM's credentials are good when Google gives a token for them. Apple has no such question; a
notification to a device token that cannot exist is answered with "bad device token" when the
credentials are good, and with what is wrong with them otherwise. Web push has no account: its
key is refused by a browser's push service alone, which notifications have told. One browser
that refuses proves nothing: it may have subscribed with another key. Nor do some while others
take pushes; of a key that none has taken yet, several have to refuse.
"""

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps import health
from imiconnect.apps.channel_types.errors import (
    PROVIDER_FAILED,
    UNREACHABLE,
    ChannelError,
    Outcome,
)
from imiconnect.apps.channel_types.handler import Checked
from imiconnect.apps.models import App, PushHealth
from imiconnect.apps.push import provider
from imiconnect.apps.push.clients.apns import ApnsClient, request_headers
from imiconnect.apps.push.clients.fcm import FcmClient
from imiconnect.apps.push.clients.outcomes import Problem, PushError, Taken
from imiconnect.apps.push.credentials import (
    ApnsCertificate,
    ApnsToken,
    Credentials,
    Fcm,
    Platform,
)
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.apps.push.services import endings_of

log = logging.getLogger(__name__)

REFUSED = Outcome(
    "push_credentials",
    7202,
    _("The push service does not accept the credentials. Configure push anew."),
    breaks_app=True,
)
#: How long a push that a browser has taken proves the key of its site.
_PROOF = dt.timedelta(days=1)
#: How many browsers have to refuse a key that none has taken yet, in one batch.
_SEVERAL = 3
_TIMEOUT = 8.0
#: Of the form of a device token, and nobody's.
_NOBODY = "0" * 64


@dataclass(frozen=True)
class Told:
    """What came of one notification; ``app`` is the app's key, ``device`` the address's."""

    app: uuid.UUID
    platform: str
    result: Taken | PushError
    device: int | uuid.UUID | None = None


def note(results: Iterable[Told]) -> None:
    """Keep what came of notifications; refused credentials make the app due for a check.

    Never raises: what came of a batch is worth more than this. An app may have gone meanwhile.
    """
    by_platform: dict[tuple[uuid.UUID, str], list[Told]] = {}
    for told in results:
        by_platform.setdefault((told.app, told.platform), []).append(told)
    for (app, platform), came in by_platform.items():
        try:
            refusing = len({told.device for told in came if _is_refusal(told.result)})
            if _keep(app, platform, [told.result for told in came], refusing):
                health.watch(App.objects.get(pk=app))
        except Exception:
            log.exception("The health of push to %s of the app %s was not kept", platform, app)


def _is_refusal(result: Taken | PushError) -> bool:
    return isinstance(result, PushError) and result.problem is Problem.CREDENTIALS


def _keep(
    app: uuid.UUID, platform: str, came: list[Taken | PushError], refusing: int = 1
) -> bool:
    """Write a row; tell whether the credentials are refused or accepted other than before.

    ``refusing`` is how many devices' push services refuse them.
    """
    now = timezone.now()
    taken = any(isinstance(result, Taken) for result in came)
    errors = [result for result in came if isinstance(result, PushError)]
    values: dict[str, object] = {"last_sent_at": now} if taken else {}
    if errors:
        words = f"{errors[-1].problem.words} ({errors[-1].reason})"
        values |= {"last_failed_at": now, "last_failure": words[:300]}
    refusals = [error for error in errors if _is_refusal(error)]
    before = PushHealth.objects.filter(app=app, platform=platform).first()
    was = before.refused if before else ""
    refused = was
    if taken:
        refused = ""
    elif refusals and not _is_a_browsers_own(platform, before, now, refusing):
        refused = refusals[-1].reason or "refused"
    PushHealth.objects.update_or_create(
        app_id=app, platform=platform, defaults={**values, "refused": refused}
    )
    return bool(was) != bool(refused)


def _is_a_browsers_own(
    platform: str, row: PushHealth | None, now: dt.datetime, refusing: int
) -> bool:
    """Tell whether a refusal says something of a browser and not of the key.

    A visitor may subscribe with any site's key, which fits ours no more than a foreign server.
    So others' pushes prove a key, and one that has proved nothing yet is doubted for several.
    """
    if platform != Platform.WEB:
        return False
    sent_at = row.last_sent_at if row else None
    return refusing < _SEVERAL if sent_at is None else now - sent_at < _PROOF


def check(app: App) -> Checked:
    """Ask the push services of an app about its credentials; raises ``ChannelError``.

    It waits for the network: call it outside of any transaction.
    """
    problems = []
    for platform, credentials in secrets_of(app).push.items():
        problem = _problem(app, platform, credentials)
        if problem is not None:
            problems.append((Platform(platform).label, problem))
    for label, problem in problems:
        if problem.problem is Problem.CREDENTIALS:
            raise ChannelError(REFUSED, f"{label}: {problem.reason}")
    for label, problem in problems:
        kind = UNREACHABLE if problem.problem is Problem.UNAVAILABLE else PROVIDER_FAILED
        raise ChannelError(kind, f"{label}: {problem.reason}", after=problem.after)
    return Checked(endings=tuple(endings_of(app)))


def _problem(app: App, platform: str, credentials: Credentials) -> PushError | None:
    row = PushHealth.objects.filter(app=app, platform=platform).first()
    if not isinstance(credentials, ApnsToken | ApnsCertificate | Fcm):
        return _known(row)
    try:
        asyncio.run(_ask(credentials))
    except PushError as error:
        if error.problem is Problem.CREDENTIALS:
            _keep(app.pk, platform, [error])
        # Being asked too often says nothing of the credentials: what is known stands.
        return _known(row) if error.problem is Problem.THROTTLED else error
    if row and row.refused:
        PushHealth.objects.filter(pk=row.pk).update(refused="")
    return None


def _known(row: PushHealth | None) -> PushError | None:
    """Return what sending has told of the credentials."""
    return PushError(Problem.CREDENTIALS, row.refused) if row and row.refused else None


async def _ask(credentials: ApnsToken | ApnsCertificate | Fcm) -> None:
    """Return where the credentials are accepted; raises ``PushError``."""
    if isinstance(credentials, Fcm):
        google = provider.fcm()
        fcm = FcmClient(
            base_url=google.url,
            token_url=google.token_url,
            credentials=credentials,
            timeout=_TIMEOUT,
        )
        try:
            await fcm.check()
        finally:
            await fcm.aclose()
        return
    apple = provider.apns(credentials.gateway)
    apns = ApnsClient(
        base_url=apple.url, trusted=apple.trusted, credentials=credentials, timeout=_TIMEOUT
    )
    headers = request_headers(tid=str(uuid.uuid4()), push_type="background", urgent=False)
    try:
        await apns.send(_NOBODY, {"aps": {"content-available": 1}}, headers=headers)
    except PushError as error:
        if error.problem not in (Problem.GONE, Problem.FOREIGN, Problem.THROTTLED):
            raise
    finally:
        await apns.aclose()
