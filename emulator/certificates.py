"""A test authority made on demand, the certificates it issues, and whom the emulator trusts: nobody else.

Everything is ECDSA P-256 and lives in memory as long as the emulator; the authority itself outlives it when it is kept
(state.py), so that a client may pin it. A shop's certificate names the shops it speaks
for as URIs `urn:example:tp-optique:magasin:<FINESS>`, so that one certificate may serve several shops.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tierspayant.schemas.security.causes import faute
from tierspayant.schemas.wire import HttpRequest

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

SHOP_URN = "urn:example:tp-optique:magasin:"
BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
"""Certificates are judged on the clock of the platform's `fraicheur`, which a tape may put in the past."""
END = dt.datetime(2049, 12, 31, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class TlsRequest(HttpRequest):
    """A request whose sender showed this certificate (DER) in the TLS handshake."""

    certificat: bytes = field(default=b"", repr=False)


def client_certificate(requete: HttpRequest) -> bytes | None:
    """The certificate shown in the TLS handshake, in DER."""
    return requete.certificat if isinstance(requete, TlsRequest) and requete.certificat else None


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, both in PEM."""

    certificat: bytes
    cle: bytes = field(repr=False)


class Authority:
    """Makes its own key and certificate when first used; `cryptography` is not even imported before.

    keep: handed both in PEM once they are made, to bring them back with `from_pem`.
    """

    def __init__(self, nom: str = "Autorité d'essai", keep: Callable[[Issued], object] | None = None) -> None:
        self._nom = nom
        self._keep = keep

    @classmethod
    def from_pem(cls, octets: bytes) -> Authority:
        """The authority whose certificate and key these are. Raises ValueError when they are none."""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        certificat, cle = x509.load_pem_x509_certificate(octets), load_pem_private_key(octets, None)
        if not isinstance(cle, EllipticCurvePrivateKey) or cle.public_key() != certificat.public_key():
            raise ValueError("the key is not that of the certificate")
        known = cls()
        known._made = (cle, certificat)
        return known

    def expires(self) -> dt.datetime:
        """The last instant its certificate is good."""
        return self._made[1].not_valid_after_utc

    @cached_property
    def _made(self) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
        made = self._make()
        if self._keep is not None:
            self._keep(Issued(_pem(made[1]), _key_pem(made[0])))
        return made

    def _make(self) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec

        cle = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(cle, self._nom, BEGIN, END).issuer_name(_named(self._nom))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cle, _signed(builder, cle)

    @property
    def pem(self) -> bytes:
        """The authority's own certificate, which clients are told to trust."""
        return _pem(self._made[1])

    def issue_server(self, host: str, *, fin: dt.datetime = END, only: bool = False) -> Issued:
        """A server certificate for the address the emulator listens on, and for this machine unless `only`."""
        from cryptography import x509

        names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            names.append(x509.DNSName(host))
        else:
            names.append(x509.IPAddress(address))
        names = names[-1:] if only else list(dict.fromkeys(names))
        return self._issue("Plateforme d'essai", names, BEGIN, fin, server=True)

    def issue_shop(self, magasins: tuple[str, ...], debut: dt.datetime = BEGIN, fin: dt.datetime = END) -> Issued:
        """A certificate that speaks for these shops, for signatures and for TLS."""
        from cryptography import x509

        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(SHOP_URN + finess) for finess in magasins]
        return self._issue("Magasin d'essai", names, debut, fin, server=False)

    def _issue(
        self, nom: str, names: list[x509.GeneralName], debut: dt.datetime, fin: dt.datetime, *, server: bool
    ) -> Issued:
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID

        cle = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            _builder(cle, nom, debut, fin)
            .issuer_name(self._made[1].subject)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        )
        return Issued(_pem(_signed(builder, self._made[0])), _key_pem(cle))

    def trusts(self, der: bytes, now: dt.datetime) -> None:
        """Issued by us, for clients, and within its dates. Raises Faute AUTH_CERTIFICAT or AUTH_CERTIFICAT_DATES."""
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature
        from cryptography.x509.oid import ExtendedKeyUsageOID

        try:
            shown = x509.load_der_x509_certificate(der)
            shown.verify_directly_issued_by(self._made[1])
            usages = shown.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            raise faute("AUTH_CERTIFICAT") from None
        if ExtendedKeyUsageOID.CLIENT_AUTH not in usages:
            raise faute("AUTH_CERTIFICAT")
        if not shown.not_valid_before_utc <= now <= shown.not_valid_after_utc:
            raise faute("AUTH_CERTIFICAT_DATES")

    def shops_of(self, der: bytes) -> frozenset[str]:
        """The shops a trusted certificate speaks for."""
        from cryptography import x509

        names = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName)
        uris = names.value.get_values_for_type(x509.UniformResourceIdentifier)
        return frozenset(uri.removeprefix(SHOP_URN) for uri in uris if uri.startswith(SHOP_URN))


def _named(nom: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, nom)])


def _builder(cle: EllipticCurvePrivateKey, nom: str, debut: dt.datetime, fin: dt.datetime) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(_named(nom))
        .public_key(cle.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(debut)
        .not_valid_after(fin)
    )


def _signed(builder: x509.CertificateBuilder, cle: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography.hazmat.primitives import hashes

    return builder.sign(cle, hashes.SHA256())


def _pem(certificat: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificat.public_bytes(Encoding.PEM)


def _key_pem(cle: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return cle.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
