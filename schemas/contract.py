"""The contract as files: WSDL and XSD of a dialect, read from package data and compiled once.

One WSDL (SOAP 1.1) is written per service path; the 1.2 description is derived from it, so that the two cannot drift.
The XSD validators serve both roads; `zeep_road.py` loads the same files for the adapter.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from lxml import etree

from tierspayant.schemas.soap import SoapVersion

ADDRESS = "http://127.0.0.1/"
"""The placeholder every stored WSDL has as its soap:address; `description` writes the caller's own base."""


def read(package: str, nom: str) -> bytes:
    """A contract file of a dialect's package ('tierspayant.schemas.viamedis', 'droits.wsdl')."""
    return files(package).joinpath(nom).read_bytes()


@lru_cache(maxsize=256)
def description(package: str, nom: str, version: SoapVersion, address: str) -> bytes:
    """The WSDL with `address` (it ends in '/') in place of ADDRESS, for one SOAP version.

    The cache is bounded: the address comes from the caller's Host header.
    """
    texte = read(package, nom).decode()
    if version is SoapVersion.V12:
        texte = texte.replace("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")
    escaped = address.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return texte.replace(f'location="{ADDRESS}', f'location="{escaped}').encode()


class _PackageResolver(etree.Resolver):
    """Resolves schemaLocation inside one package's files and nowhere else."""

    def __init__(self, package: str) -> None:
        super().__init__()
        self.package = package

    def resolve(self, system_url: str, public_id: str | None, context: object) -> object:  # type: ignore[override]
        texte = read(self.package, system_url.rsplit("/", 1)[-1])
        return self.resolve_string(texte, context, base_url=system_url)


@cache
def xsd(package: str, nom: str) -> etree.XMLSchema:
    """The compiled XSD. An import that silently resolved to nothing fails here, not later: the file is opened by us.

    `xsd_rules.first_violation` says what a message breaks, in words.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(_PackageResolver(package))
    return etree.XMLSchema(etree.fromstring(read(package, nom), parser, base_url=f"contract/{nom}"))
