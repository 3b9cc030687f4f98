"""Reading the files that Apple and Google give out, and saying what is wrong with one.

Each function returns credentials or raises ``ValidationError`` with a sentence for the field
at fault. Nothing of a file's content is in a sentence.
"""

import base64
import datetime as dt
import json
import re
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.push.credentials import (
    ApnsCertificate,
    ApnsToken,
    Fcm,
    Gateway,
    WebPush,
)
from imiconnect.console.words import Words

#: The longest file that is looked at; the real ones have two to six kilobytes.
MAX_BYTES = 64 * 1024
_TEN = re.compile(r"[A-Z0-9]{10}")
_BUNDLE = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
#: Extensions of Apple's certificates: which gateway a push certificate is for.
_SANDBOX_ONLY = ObjectIdentifier("1.2.840.113635.100.6.3.1")
_PRODUCTION_TOO = ObjectIdentifier("1.2.840.113635.100.6.3.2")
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def _wrong(field: str, sentence: Words) -> ValidationError:
    return ValidationError({field: [sentence]})


def _kind_of(content: bytes) -> Words:
    """Return what a file seems to be, as the words after "This is"."""
    start = content.lstrip()[:4096]
    if not start:
        return _("an empty file")
    if start.startswith(b"{"):
        return _("a JSON file")
    if b"-----BEGIN CERTIFICATE REQUEST" in start:
        return _("a certificate request, which Apple turns into a certificate")
    if b"-----BEGIN CERTIFICATE" in start:
        return _("a certificate without its private key")
    if b"-----BEGIN" in start and b"PRIVATE KEY" in start:
        return _("a private key")
    if b"<plist" in start:
        return _("a property list, which the app itself uses")
    if start.startswith(b"0"):
        return _("a certificate in binary form")
    return _("a file of another kind")


def _this_is(content: bytes, wanted: Words) -> Words:
    sentence = _("This is %(kind)s. %(wanted)s")
    return sentence % {"kind": _kind_of(content), "wanted": wanted}


_P8 = _("Choose the .p8 file that Apple named AuthKey_<Key ID>.p8.")
_P12 = _("Choose the .p12 file that Keychain Access exported.")
_ACCOUNT = _(
    "Choose the service-account JSON: Firebase console, Project settings, Service accounts, "
    "Generate new private key."
)


def apns_token(
    *, content: bytes, filename: str = "", key_id: str, team_id: str, bundle: str, gateway: str
) -> ApnsToken:
    """Read a ``.p8``; an empty Key ID is taken from the file's name."""
    try:
        key = pem.load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        raise _wrong("file", _this_is(content, _P8)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        sentence = _("This private key is of another kind than Apple's (P-256). %(wanted)s")
        raise _wrong("file", sentence % {"wanted": _P8})
    named = re.match(r"AuthKey_([A-Z0-9]{10})\.p8$", filename)
    key_id = key_id.strip().upper() or (named[1] if named else "")
    team_id = team_id.strip().upper()
    problems: dict[str, Any] = {}
    if not _TEN.fullmatch(key_id):
        problems["key_id"] = [_("Key ID must be the 10 letters and digits that Apple shows.")]
    elif named and named[1] != key_id:
        problems["key_id"] = [_("Key ID must be that of the file, %s.") % named[1]]
    if not _TEN.fullmatch(team_id):
        problems["team_id"] = [_("Team ID must be the 10 letters and digits of your team.")]
    problems |= _bundle_problem(bundle) | _gateway_problem(gateway)
    if problems:
        raise ValidationError(problems)
    return ApnsToken(
        key=_pem_of(key),
        key_id=key_id,
        team_id=team_id,
        bundle=bundle.strip(),
        gateway=gateway,
    )


def _bundle_problem(bundle: str) -> dict[str, Any]:
    if _BUNDLE.fullmatch(bundle.strip()):
        return {}
    return {"bundle": [_("Bundle ID must be like com.example.app.")]}


def _gateway_problem(gateway: str) -> dict[str, Any]:
    return {} if gateway in Gateway.values else {"gateway": [_("Select the gateway.")]}


def _pem_of(key: Any) -> str:
    return str(
        key.private_bytes(
            pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption()
        ).decode()
    )


def apns_certificate(*, content: bytes, password: str, gateway: str) -> ApnsCertificate:
    """Read a ``.p12`` with its password; bundle and end are read from the certificate."""
    if not _is_pkcs12(content):
        raise _wrong("file", _this_is(content, _P12))
    try:
        key, certificate, _rest = pkcs12.load_key_and_certificates(content, password.encode())
    except ValueError:
        raise _wrong("password", _("This password does not open the file.")) from None
    if certificate is None or key is None:
        sentence = _(
            "The file has no private key. In Keychain Access, select the certificate together "
            "with its key, and export both."
        )
        raise _wrong("file", sentence)
    bundle = _bundle_of(certificate)
    if not bundle:
        raise _wrong("file", _("This is no certificate for Apple's push service."))
    until = certificate.not_valid_after_utc
    if until <= timezone.now():
        sentence = _("The certificate was valid until %(day)s. Make a new one at Apple.")
        raise _wrong("file", sentence % {"day": f"{until:%d %b %Y}"})
    if problem := _gateway_problem(gateway) or _other_gateway(certificate, gateway):
        raise ValidationError(problem)
    return ApnsCertificate(
        certificate=certificate.public_bytes(pem.Encoding.PEM).decode(),
        key=_pem_of(key),
        bundle=bundle,
        valid_until=until.astimezone(dt.UTC),
        gateway=gateway,
    )


def _is_pkcs12(content: bytes) -> bool:
    """Tell whether it is a DER sequence that begins with the integer 3 (RFC 7292)."""
    if len(content) < 10 or content[0] != 0x30:
        return False
    skipped = 2 + (content[1] & 0x7F if content[1] & 0x80 else 0)
    return content[skipped : skipped + 3] == b"\x02\x01\x03"


def _bundle_of(certificate: x509.Certificate) -> str:
    for found in certificate.subject.get_attributes_for_oid(NameOID.USER_ID):
        if _BUNDLE.fullmatch(str(found.value)):
            return str(found.value)
    return ""


def _other_gateway(certificate: x509.Certificate, gateway: str) -> dict[str, Any]:
    """Say that a certificate is for the other gateway, as its extensions tell."""
    oids = {extension.oid for extension in certificate.extensions}
    for_both = {_SANDBOX_ONLY, _PRODUCTION_TOO} <= oids
    if gateway == Gateway.PRODUCTION and _SANDBOX_ONLY in oids and not for_both:
        return {"gateway": [_("The certificate is for the sandbox alone; select Sandbox.")]}
    if gateway == Gateway.SANDBOX and _PRODUCTION_TOO in oids and not for_both:
        return {"gateway": [_("The certificate is for production; select Production.")]}
    return {}


def fcm(*, content: bytes) -> Fcm:
    """Read a service account's JSON."""
    if re.match(rb"\s*AAAA[\w-]+:", content):
        sentence = _("This is a server key; Google has shut its API in 2024. %(wanted)s")
        raise _wrong("file", sentence % {"wanted": _ACCOUNT})
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        raise _wrong("file", _this_is(content, _ACCOUNT)) from None
    values = values if isinstance(values, dict) else {}
    if problem := _not_an_account(values):
        raise _wrong("file", problem)
    try:
        key = pem.load_pem_private_key(values["private_key"].encode(), password=None)
    except (ValueError, TypeError):
        raise _wrong("file", _("The private key in the file cannot be read.")) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _wrong("file", _("The private key in the file is not an RSA key."))
    return Fcm(
        key=_pem_of(key),
        key_id=str(values.get("private_key_id", "")),
        project_id=values["project_id"],
        client_email=values["client_email"],
    )


def _not_an_account(values: dict[str, Any]) -> Words:
    if "project_info" in values:
        sentence = _("This is google-services.json, which the app itself uses. %(wanted)s")
        return sentence % {"wanted": _ACCOUNT}
    if "installed" in values or "web" in values:
        return _("This is an OAuth client. %(wanted)s") % {"wanted": _ACCOUNT}
    if values.get("type") != "service_account":
        return _("This JSON is no service account. %(wanted)s") % {"wanted": _ACCOUNT}
    for name in ("project_id", "client_email", "private_key"):
        if not isinstance(values.get(name), str) or not values[name]:
            return _("The file lacks %(name)s. %(wanted)s") % {"name": name, "wanted": _ACCOUNT}
    if not re.fullmatch(r"[a-z0-9.:-]{1,100}", values["project_id"]):
        return _("The project_id in the file is none of Google's.")
    return ""


def web_push(
    *, site_url: str, icon_url: str, contact: str, before: WebPush | None = None
) -> WebPush:
    """Make the keys of a site, or keep those of ``before``: new ones end all subscriptions."""
    problems: dict[str, Any] = {}
    site, icon = site_url.strip(), icon_url.strip()
    if not is_secure_page(site):
        problems["site_url"] = [
            _("Site URL must start with https://. Only localhost may do without.")
        ]
    if icon and not is_secure_page(icon):
        problems["icon_url"] = [_("Icon must be an address that starts with https://.")]
    if "[" in contact:
        sentence = _("Contact must be an address at a domain, like push@example.com.")
        problems["contact"] = [sentence]
    if problems:
        raise ValidationError(problems)
    private, public = (before.key, before.public_key) if before else new_vapid_keys()
    return WebPush(
        key=private, public_key=public, site_url=site, contact=contact, icon_url=icon
    )


def is_secure_page(url: str) -> bool:
    """Tell whether a browser lets the page subscribe: HTTPS, or this machine."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or any(character.isspace() for character in url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL_HOSTS)


def new_vapid_keys() -> tuple[str, str]:
    """Return a fresh private and public key, base64url (RFC 8292)."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_numbers().private_value.to_bytes(32)
    public = key.public_key().public_bytes(
        pem.Encoding.X962, pem.PublicFormat.UncompressedPoint
    )
    return _b64url(private), _b64url(public)


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
