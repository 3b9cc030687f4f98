"""Key files as Apple and Google give them out, made anew for each run."""

import datetime as dt
import json
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from imiconnect.accounts.models import Member
from imiconnect.apps import services
from imiconnect.apps.models import App

PASSWORD = "correct horse"
MakeP12 = Callable[..., bytes]


def pem_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Return a key as PKCS #8 PEM."""
    return key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    """A key like those of Google's service accounts."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def p8() -> bytes:
    """An APNs key."""
    return pem_of(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="session")
def account(rsa_key: rsa.RSAPrivateKey) -> bytes:
    """A service account."""
    values = {
        "type": "service_account",
        "project_id": "shop-1",
        "private_key_id": "abc123",
        "private_key": pem_of(rsa_key).decode(),
        "client_email": "push@shop-1.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return json.dumps(values).encode()


@pytest.fixture(scope="session")
def make_p12(rsa_key: rsa.RSAPrivateKey) -> MakeP12:
    """Return a function that makes APNs certificates."""

    def make(
        *,
        days: int = 300,
        bundle: str = "com.example.shop",
        with_key: bool = True,
        oid: str = "",
    ) -> bytes:
        now = dt.datetime.now(dt.UTC)
        name = [x509.NameAttribute(NameOID.COMMON_NAME, f"Apple Push Services: {bundle}")]
        if bundle:
            name.append(x509.NameAttribute(NameOID.USER_ID, bundle))
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(name))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")]))
            .public_key(rsa_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=400))
            .not_valid_after(now + dt.timedelta(days=days))
        )
        if oid:
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(rsa_key, hashes.SHA256())
        key = rsa_key if with_key else None
        return pkcs12.serialize_key_and_certificates(
            b"push",
            key,
            certificate,
            None,
            pem.BestAvailableEncryption(PASSWORD.encode()),
        )

    return make


def make_app(member: Member, platform: str, *systems: str) -> App:
    """Make an app of a platform."""
    config = {"platform": platform, "systems": list(systems)}
    return services.create_app(
        member=member, name="Shop", channel_type="mobile_web", config=config
    )


@pytest.fixture
def mobile(admin: Member) -> App:
    """An app for both kinds of phone."""
    return make_app(admin, "mobile", "ios", "android")


@pytest.fixture
def web_app(admin: Member) -> App:
    """An app for browsers."""
    return make_app(admin, "web", "chrome", "firefox")
