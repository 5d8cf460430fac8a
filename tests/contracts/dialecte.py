"""The contract every dialect keeps, as one suite: a test module makes a subclass named Test... and sets its attributes.

Files of a dialect that the suite reads, in its `samples` folder:
- `<Operation>.ok.xml`: ready to POST to a fresh platform; further `<Operation>.<anything>.xml` are valid questions too;
- `<Operation>Response.xml`, `<Operation>Response.<anything>.xml`: answers (to a message id of their own);
- `faute.xml`: a fault;
- `ko/<RULE>.xml`, `ko/<RULE>.<anything>.xml`: a bad message and, as its name, the rule id of the fault it must get.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests import strategies
from tests.contracts import mutations, xsd_coverage
from tierspayant.schemas import contract, lexique, platforms, soap, xml
from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.messages import Demande, Entete, Motif, Reponse
from tierspayant.schemas.operations import Operation
from tierspayant.schemas.outcomes import Answer, NotNow, NotYou, Outcome, Refus, Unreadable
from tierspayant.schemas.platforms import Appel, Dialect
from tierspayant.schemas.soap import SoapVersion
from tierspayant.schemas.wire import HttpRequest, HttpResponse

_PHASES = [phase for phase in Phase if phase is not Phase.explain]  # explaining a big draw takes minutes
some = settings(max_examples=25, suppress_health_check=list(HealthCheck), phases=_PHASES)
"""Each draw is a whole message per operation. `@given` stands inside the tests: pytest-twisted wraps a given test of a
base class once and for all, so that a second subclass in one run would run the first one's."""
more = settings(some, max_examples=120)


@cache
def lire(package: str, nom: str) -> bytes:
    return files(package).joinpath("samples", nom).read_bytes()


def noms(package: str, dossier: str = "") -> list[str]:
    place = files(package).joinpath("samples", dossier)
    return sorted(f"{dossier}/{f.name}" if dossier else f.name for f in place.iterdir() if f.name.endswith(".xml"))


XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class ContratDialecte:
    """`dialecte`: the dialect; `mediatype`: of its own SOAP version; `chemin_ko`: where the bad samples are posted;
    `xsd`: its XSD files; `tables`: its codes.toml table of each kind of answer that has a state label; `lisez_moi`: the
    package whose README.md lists its operations."""

    dialecte: ClassVar[Dialect]
    package: ClassVar[str]
    mediatype: ClassVar[str]
    chemin_ko: ClassVar[str]
    xsd: ClassVar[tuple[str, ...]]
    lisez_moi: ClassVar[str] = "tierspayant.schemas"
    tables: ClassVar[dict[str, str]] = {"PecReponse": "etats_pec", "FactureReponse": "etats_facture"}

    # ------------------------------------------------------------------------------------------------- helpers

    @property
    def server(self) -> platforms.DialectServer:
        return platforms.server(self.dialecte.nom)

    @property
    def client(self) -> platforms.DialectClient:
        return platforms.client(self.dialecte.nom)

    def post(self, chemin: str, body: bytes, mediatype: str | None = None) -> HttpRequest:
        return HttpRequest("POST", chemin, (("Content-Type", mediatype or self.mediatype),), body)

    def chemin(self, nom: str) -> str:
        """The path that takes wire operation `nom`."""
        operation = next(op for op, mot in self.dialecte.names.items() if mot == nom)
        return next(chemin for chemin, operations in self.server.chemins.items() if operation in operations)

    def questions(self) -> Iterator[tuple[str, HttpRequest]]:
        """The valid question samples."""
        for nom in noms(self.package):
            operation = nom.split(".")[0]
            if operation in self.dialecte.names.values():
                yield nom, self.post(self.chemin(operation), lire(self.package, nom))

    def answers(self) -> Iterator[tuple[str, str, HttpResponse]]:
        """(file, wire operation, reply) of the answer samples."""
        for nom in noms(self.package):
            operation = nom.split(".")[0].removesuffix("Response")
            if nom.split(".")[0].endswith("Response"):
                yield nom, operation, HttpResponse(200, (("Content-Type", self.mediatype),), lire(self.package, nom))

    def mot(self, valeur: Any) -> Any:
        """A message as this platform words it: codes and labels in its own words. The rest is unchanged."""
        if isinstance(valeur, tuple):
            return tuple(self.mot(un) for un in valeur)
        if not dataclasses.is_dataclass(valeur) or isinstance(valeur, type):
            return valeur
        changes = {champ.name: self.mot(getattr(valeur, champ.name)) for champ in dataclasses.fields(valeur)}
        if isinstance(valeur, Motif):
            changes["code_plateforme"] = lexique.code_plateforme(self.package, valeur)
        table = self.tables.get(type(valeur).__name__)
        if table and changes["resultat"].name != "INCONNU":
            changes["etat_plateforme"] = lexique.mots(self.package, table).plateforme[changes["resultat"].value]
        return dataclasses.replace(valeur, **changes)

    def appel(self, entete: Entete, demande: Demande) -> Appel:
        return self.server.read(self.client.encode(entete, demande))

    # --------------------------------------------------------------------------------------------------- tests

    def test_each_operation_has_a_ready_sample(self) -> None:
        assert {f"{nom}.ok.xml" for nom in self.dialecte.names.values()} <= set(noms(self.package))

    def test_paths_take_exactly_the_named_operations(self) -> None:
        assert frozenset().union(*self.server.chemins.values()) == set(self.dialecte.names)

    def test_the_client_says_each_question_sample_as_the_server_reads_it(self) -> None:
        for nom, requete in self.questions():
            appel = self.server.read(requete)
            relu = self.appel(appel.entete, appel.demande)
            assert (relu.demande, relu.operation, relu.service) == (appel.demande, appel.operation, appel.service), nom
            assert relu.entete == appel.entete, nom

    def test_a_question_is_encoded_to_the_same_bytes_for_ever(self) -> None:
        for nom, requete in self.questions():
            appel = self.server.read(requete)
            requetes = {self.client.encode(appel.entete, appel.demande) for _ in range(3)}
            assert len(requetes) == 1, nom

    def test_both_roads_agree_on_questions(self) -> None:
        @some
        @given(st.data(), strategies.entetes)
        def holds(data: st.DataObject, entete: Entete) -> None:
            for operation in self.dialecte.names:
                demande = data.draw(strategies.demandes(operation, self.dialecte.traits))
                appel = self.appel(entete, demande)
                assert appel.demande == demande
                assert appel.entete == entete
                assert appel.operation == operation

        holds()

    def test_both_roads_agree_on_answers(self) -> None:
        @some
        @given(st.data(), strategies.entetes)
        def holds(data: st.DataObject, entete: Entete) -> None:
            for operation in self.dialecte.names:
                appel = self.appel(entete, data.draw(strategies.demandes(operation, self.dialecte.traits)))
                reponse = data.draw(self.reponses(operation, appel))
                lu = self.client.decode(operation, entete.id_message, self.server.write(appel, reponse))
                assert contenu(lu) in (self.mot(reponse), None), (operation, lu)
                assert (contenu(lu) is None) == isinstance(lu, NotNow), (operation, lu)

        holds()

    def reponses(self, operation: Operation, appel: Appel) -> st.SearchStrategy[Reponse]:
        """Answers to draw for a call; a dialect narrows what it cannot say."""
        return strategies.reponses(operation, self.dialecte.traits)

    def test_each_answer_sample_is_read(self) -> None:
        par_nom = {nom: operation for operation, nom in self.dialecte.names.items()}
        for nom, operation, reponse in self.answers():
            id_message = self.message_id_of(reponse)
            lu = self.client.decode(par_nom[operation], id_message, reponse)
            assert isinstance(lu, Answer | Refus | NotNow), (nom, lu)

    def message_id_of(self, reponse: HttpResponse) -> str:
        """The message an answer sample answers: the first idMessage in it."""
        return next(xml.parse(reponse.body).iter("{*}idMessage")).text or ""

    def test_an_answer_to_another_message_is_unreadable(self) -> None:
        par_nom = {nom: operation for operation, nom in self.dialecte.names.items()}
        for nom, operation, reponse in self.answers():
            lu = self.client.decode(par_nom[operation], "un-autre-message", reponse)
            assert isinstance(lu, Unreadable), (nom, lu)

    def test_each_element_of_each_xsd_is_in_a_sample(self) -> None:
        racines = [xml.parse(requete.body) for _, requete in self.questions()]
        racines += [xml.parse(reponse.body) for _, _, reponse in self.answers()]
        racines.append(xml.parse(lire(self.package, "faute.xml")))
        declares = xsd_coverage.Declarations([contract.read(self.package, nom) for nom in self.xsd])
        assert sorted(declares.elements() - declares.used_by(racines)) == []

    def test_each_bad_sample_gets_its_rule(self) -> None:
        assert noms(self.package, "ko")
        for nom in noms(self.package, "ko"):
            with pytest.raises(Faute) as refus:
                self.server.read(self.post(self.chemin_ko, lire(self.package, nom)))
            attendue = nom.removeprefix("ko/").split(".")[0]
            assert (refus.value.regle, refus.value.cote) == (attendue, Cote.CLIENT), (nom, refus.value.xpath)
            assert refus.value.xpath or refus.value.regle.startswith("XML_"), nom

    def test_a_fault_never_quotes_a_value(self) -> None:
        for nom in noms(self.package, "ko"):
            body = lire(self.package, nom)
            with pytest.raises(Faute) as refus:
                self.server.read(self.post(self.chemin_ko, body))
            said = f"{refus.value} {refus.value.anglais} {refus.value.xpath}"
            for texte in mutations.texts(body):
                assert texte not in said, nom

    @pytest.mark.parametrize(("regle", "body"), mutations.NOT_A_MESSAGE)
    def test_what_is_no_message_gets_its_rule(self, regle: str, body: bytes) -> None:
        for chemin in self.server.chemins:
            with pytest.raises(Faute) as refus:
                self.server.read(self.post(chemin, body))
            assert refus.value.regle == regle

    @pytest.mark.parametrize(("regle", "change"), mutations.ENVELOPE)
    def test_a_spoilt_envelope_gets_its_rule(self, regle: str, change: mutations.Change) -> None:
        for nom, requete in self.questions():
            with pytest.raises(Faute) as refus:
                self.server.read(dataclasses.replace(requete, body=change(requete.body)))
            assert refus.value.regle == regle, nom

    @pytest.mark.parametrize("mediatype", mutations.MEDIA_TYPES)
    def test_other_charsets_and_wrappings_read_the_same(self, mediatype: mutations.Wrapping) -> None:
        for nom, requete in self.questions():
            autre = mediatype(requete, self.dialecte.traits.version_soap)
            assert self.server.read(autre).demande == self.server.read(requete).demande, nom

    def test_a_message_is_answered_in_its_own_soap_version(self) -> None:
        autre = {SoapVersion.V11: SoapVersion.V12, SoapVersion.V12: SoapVersion.V11}
        ici = self.dialecte.traits.version_soap
        for nom, requete in self.questions():
            body = requete.body.replace(ici.namespace.encode(), autre[ici].namespace.encode())
            appel = self.server.read(self.post(requete.path, body, autre[ici].content_type))
            assert appel.version is autre[ici], nom
            reply = self.server.fault(appel.version, Faute(Cote.CLIENT, "TEC05", "ESSAI", "essai", "trial"))
            assert autre[ici].namespace.encode() in reply.body

    def test_a_spoilt_question_is_a_call_or_a_fault(self) -> None:
        @more
        @given(st.data())
        def holds(data: st.DataObject) -> None:
            nom, requete = data.draw(st.sampled_from(list(self.questions())))
            body = data.draw(mutations.spoilt(requete.body))
            try:
                self.server.read(dataclasses.replace(requete, body=body))
            except Faute as faute:
                reply = self.server.fault(self.dialecte.traits.version_soap, faute)
                assert isinstance(self.client.decode(Operation.ETAT_SERVICE, "m", reply), Refus), nom

        holds()

    def test_a_spoilt_answer_is_an_outcome(self) -> None:
        @more
        @given(st.data())
        def holds(data: st.DataObject) -> None:
            nom, operation, reponse = data.draw(st.sampled_from(list(self.answers())))
            par_nom = {mot: une for une, mot in self.dialecte.names.items()}
            id_message = self.message_id_of(reponse)
            spoilt = dataclasses.replace(reponse, body=data.draw(mutations.spoilt(reponse.body)))
            assert isinstance(self.client.decode(par_nom[operation], id_message, spoilt), Outcome), nom

        holds()

    def test_fault_codes_come_back_as_what_they_allow(self) -> None:
        version = self.dialecte.traits.version_soap
        cas: list[tuple[Cote, str, str, type[Any]]] = [
            (Cote.CLIENT, "TEC05", "NIR_CLE", Refus),
            (Cote.CLIENT, "TEC08", "ID_MESSAGE", Refus),
            (Cote.AUTH, "TEC04", "COMPTE_EXPIRE", NotYou),
            (Cote.AUTH, "TEC06", "COMPTE_VERROUILLE", NotYou),
            (Cote.MAINTENANCE, "TEC02", "MAINTENANCE", NotNow),
            (Cote.SERVEUR, "TEC01", "FERME", NotNow),
            (Cote.SERVEUR, "TEC03", "SURCHARGE", NotNow),
            (Cote.SERVEUR, "TEC07", "INDISPONIBLE", NotNow),
        ]
        for cote, code, regle, attendu in cas:
            reply = self.server.fault(version, Faute(cote, code, regle, "texte", "text", xpath="/Envelope"), "m")
            lu = self.client.decode(Operation.ETAT_SERVICE, "m", reply)
            assert isinstance(lu, attendu), (code, lu)
            if isinstance(lu, NotYou):
                assert f"COMPTE_{lu.raison.value.upper()}" == regle
            assert isinstance(self.client.decode(Operation.ETAT_SERVICE, "n", reply), Unreadable)

    def test_the_wsdl_of_each_path_says_the_callers_address(self) -> None:
        for chemin in self.server.chemins:
            for version in SoapVersion:
                wsdl = etree.fromstring(self.server.description(chemin, version, "https://h.example/s/un&deux"))
                adresses = [e.get("location") for e in wsdl.iter("{*}address")]
                assert adresses == [f"https://h.example/s/un&deux{chemin}"]
                espaces = {etree.QName(e).namespace for e in wsdl.iter("{*}address")}
                attendu = "soap12/" if version is SoapVersion.V12 else "soap/"
                assert all(str(espace).endswith(f"wsdl/{attendu}") for espace in espaces)
                for imported in wsdl.iter("{http://www.w3.org/2001/XMLSchema}import"):
                    assert self.server.schema(chemin, str(imported.get("schemaLocation"))) is not None
            assert self.server.schema(chemin, "../codes.toml") is None

    def test_type_names_are_unique_whatever_their_case(self) -> None:
        noms = [
            str(e.get("name")).lower()
            for fichier in self.xsd
            for e in etree.fromstring(contract.read(self.package, fichier))
            if e.tag in (f"{xsd_coverage.XS}complexType", f"{xsd_coverage.XS}simpleType")
        ]
        assert sorted(noms) == sorted(set(noms))

    def test_every_element_is_explained_in_french_and_in_english(self) -> None:
        for fichier in self.xsd:
            for element in etree.fromstring(contract.read(self.package, fichier)).iter(f"{xsd_coverage.XS}element"):
                textes = {doc.get(XML_LANG): (doc.text or "").strip() for doc in element.iterfind(xsd_coverage.DOC)}
                assert set(textes) >= {"fr", "en"}, (fichier, element.get("name"))
                assert all(textes.values()), (fichier, element.get("name"))

    def test_only_what_every_soap_stack_reads_is_in_the_xsd(self) -> None:
        for fichier in self.xsd:
            root = etree.fromstring(contract.read(self.package, fichier))
            employes = {etree.QName(e).localname for e in root.iter("{*}*")}
            assert employes <= xsd_coverage.PORTABLE, fichier
            assert root.get("elementFormDefault") == "qualified"
            assert not [e for e in root.iter() if e.get("nillable") or e.get("default") or e.get("abstract")], fichier
            bases = {str(e.get("base")) for e in root.iter(f"{xsd_coverage.XS}restriction")}
            types = {str(e.get("type")) for e in root.iter(f"{xsd_coverage.XS}element")}
            assert {nom for nom in bases | types if nom.startswith("xs:")} <= xsd_coverage.PORTABLE_TYPES, fichier

    def test_no_trademark_is_on_the_wire(self) -> None:
        for fichier in (*self.xsd, *(nom for nom in self.fichiers() if nom.endswith(".wsdl"))):
            texte = contract.read(self.package, fichier).lower()
            assert not [marque for marque in (b"viamedis", b"almerys", b"oxantis") if marque in texte], fichier

    def fichiers(self) -> list[str]:
        return [f.name for f in files(importlib.import_module(self.package)).iterdir()]

    def test_the_readme_lists_each_operation(self) -> None:
        texte = files(self.lisez_moi).joinpath("README.md").read_text(encoding="utf-8")
        lignes = {ligne.split("|")[1].strip(): ligne for ligne in texte.splitlines() if ligne.count("|") == 6}
        for operation, nom in self.dialecte.names.items():
            assert f"`{nom}`" in lignes[f"`{operation}`"], operation
            chemins = [chemin for chemin, operations in self.server.chemins.items() if operation in operations]
            ici = chemins[0] if len(chemins) == 1 else "each path"
            assert ici in lignes[f"`{operation}`"] or ici in texte.partition("| operation")[0], operation

    def test_relates_to_echoes_an_addressing_message_id(self) -> None:
        nom, requete = next(iter(self.questions()))
        wsa = f'<a:MessageID xmlns:a="{soap.WSA}">urn:m:1</a:MessageID>'.encode()
        fin = next(fin for fin in mutations.HEADER_ENDS if fin in requete.body)
        appel = self.server.read(dataclasses.replace(requete, body=requete.body.replace(fin, wsa + fin, 1)))
        assert appel.message_id == "urn:m:1", nom


def contenu(lu: Outcome) -> Reponse | None:
    """The business answer inside an outcome, None when there is none."""
    assert not isinstance(lu, Unreadable), lu
    return lu.reponse if isinstance(lu, Answer | Refus) else None
