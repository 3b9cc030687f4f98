"""Apple's certificate authority, as a double: it proves the gateway, and signs apps' own.

The files are in ``DATA_DIR/sandbox``, made at the first start; nobody else trusts them.
"""

import datetime as dt
import ipaddress
import secrets
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID, ObjectIdentifier
from django.conf import settings

from imiconnect.engines.folders import private_folder, write_private

_LONG = 3650
#: Apple's extensions of a certificate that serves both gateways.
_BOTH_GATEWAYS = ("1.2.840.113635.100.6.3.1", "1.2.840.113635.100.6.3.2")


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "sandbox"


def trusted_file() -> Path:
    """Return where clients find the certificate to trust."""
    return _folder() / "apns-ca.pem"


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    kind = serialization.PrivateFormat.PKCS8
    no = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, no).decode()


def _name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _builder(subject: x509.Name, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=366))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def ensure() -> None:
    """Make the authority and the gateway's own certificate where they are missing."""
    if (_folder() / "apns-gateway.pem").exists():
        return
    private_folder(Path(settings.DATA_DIR))
    private_folder(_folder())
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name((NameOID.COMMON_NAME, "Sandbox of Apple's authority"))
    own = (
        _builder(name, name, _LONG)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(_folder() / "apns-ca.key", _pem(key))
    write_private(trusted_file(), own.public_bytes(serialization.Encoding.PEM).decode())
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    gateway_key = ec.generate_private_key(ec.SECP256R1())
    gateway = (
        _builder(_name((NameOID.COMMON_NAME, "Sandbox of APNs")), name, _LONG)
        .public_key(gateway_key.public_key())
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain = gateway.public_bytes(serialization.Encoding.PEM).decode() + _pem(gateway_key)
    write_private(_folder() / "apns-gateway.pem", chain)


def tls() -> ssl.SSLContext:
    """Return the gateway's TLS: HTTP/2 alone, and a look at the client's certificate."""
    ensure()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(_folder() / "apns-gateway.pem")
    context.load_verify_locations(trusted_file())
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["h2"])
    return context


def issue(bundle: str, *, days: int) -> tuple[bytes, str]:
    """Return a push certificate of an app as a ``.p12``, and the password that opens it.

    ``days`` is for how long it is valid; it may have ended already.
    """
    ensure()
    authority = serialization.load_pem_private_key(
        (_folder() / "apns-ca.key").read_bytes(), password=None
    )
    assert isinstance(authority, ec.EllipticCurvePrivateKey)  # noqa: S101 - see ensure
    issuer = x509.load_pem_x509_certificate(trusted_file().read_bytes()).subject
    subject = _name(
        (NameOID.USER_ID, bundle), (NameOID.COMMON_NAME, f"Apple Push Services: {bundle}")
    )
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, issuer, days).public_key(key.public_key())
    for oid in _BOTH_GATEWAYS:
        extension = x509.UnrecognizedExtension(ObjectIdentifier(oid), b"\x05\x00")
        builder = builder.add_extension(extension, critical=False)
    password = secrets.token_urlsafe(9)
    file = pkcs12.serialize_key_and_certificates(
        b"Apple Push Services",
        key,
        builder.sign(authority, hashes.SHA256()),
        None,
        serialization.BestAvailableEncryption(password.encode()),
    )
    return file, password
