"""`make demo`: one file through an outage, two real processes on loopback, everything shown.

    rights -> quote -> PEC -> the platform is cut -> invoice accepted with 202 -> the adapter is killed, starts again
    -> the platform is back, but loses its first answer -> the invoice is there exactly once, says its own ledger

Exit 0, or one sentence about what is not as it should be and exit 1. `--keep` (make demo KEEP=1) leaves both running.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEBUT = "2024-01-31T10:00:00+01:00"
PATIENCE = 30.0
"""Real seconds anything here may take: the slowest step takes two on a small machine."""

PERSONNE: dict[str, Any] = {
    "carte": {
        "numero_amc": "00990011",
        "type_convention": "TP",
        "csr": "003",
        "numero_adherent": "A1234567",
        "valide_du": "2024-01-01",
        "valide_au": "2024-12-31",
    },
    "assure": {"nir": "285057599900197"},
    "beneficiaire": {
        "date_naissance": "1985-05-12",
        "rang_naissance": 1,
        "nom": "DUPRE",
        "prenom": "ALICE",
        "qualite": "assure",
    },
}
VERRE: dict[str, Any] = {"type": "verre", "zone": "simple", "lpp": "2299121", "classe": "B", "prix_centimes": 9000}
EQUIPEMENT: dict[str, Any] = {
    "prescription": {"date": "2023-11-02", "type": "renouvellement", "prescripteur": "10101010105"},
    "dernier_equipement": {"date": "2021-06-15"},
    "equipement": {
        "numero": 1,
        "type": "unifocal",
        "lignes": [
            {"numero": 1, "type": "monture", "lpp": "2299026", "classe": "B", "prix_centimes": 12000},
            {"numero": 2, "oeil": "D", **VERRE},
            {"numero": 3, "oeil": "G", **VERRE},
        ],
    },
}
DROITS = {"reference": "DR-1", "date_soins": "2024-01-31", **PERSONNE}
DEVIS = {"dossier": "D-1", "reference": "D-1/DEV-1", "date_soins": "2024-01-31", **PERSONNE, **EQUIPEMENT}
PEC = {**DEVIS, "reference": "D-1/PEC-1", "consentement": {"donne": True, "date": "2024-01-31"}}
FACTURE = {
    "dossier": "D-1",
    "reference": "D-1/FAC-1",
    "pec": "D-1/PEC-1",
    "numero_facture": "240200131",
    "date_facture": "2024-01-31",
    "date_delivrance": "2024-01-31",
}


class NotAsItShould(Exception):
    """The demonstration found something wrong; the text is the sentence to print."""


def say(titre: str, texte: str = "") -> None:
    print(f"\n{titre}" if titre else "", flush=True)
    for ligne in textwrap.wrap(texte, 104):
        print(f"    {ligne}", flush=True)


def expect(condition: bool, sinon: str) -> None:
    if not condition:
        raise NotAsItShould(sinon)


def wait_for(quoi: str, lire: Callable[[], Any]) -> Any:
    """The first true value `lire` gives."""
    fin = time.monotonic() + PATIENCE
    while time.monotonic() < fin:
        valeur = lire()
        if valeur:
            return valeur
        time.sleep(0.05)
    raise NotAsItShould(f"{quoi}: not within {PATIENCE:.0f} seconds")


def call(methode: str, url: str, corps: object = None, **entetes: str) -> tuple[int, Any]:
    """One JSON call. Raises NotAsItShould when nobody answers."""
    octets = None if corps is None else json.dumps(corps).encode()
    tetes = {"Content-Type": "application/json", **{nom.replace("_", "-"): v for nom, v in entetes.items()}}
    requete = urllib.request.Request(url, octets, tetes, method=methode)
    try:
        with urllib.request.urlopen(requete, timeout=PATIENCE) as reponse:
            statut, lu = reponse.status, reponse.read()
    except urllib.error.HTTPError as refus:
        statut, lu = refus.code, refus.read()
    except OSError as erreur:
        raise NotAsItShould(f"{url} does not answer ({type(erreur).__name__})") from None
    return statut, json.loads(lu) if lu else None


@dataclass(slots=True)
class Program:
    """One of the two processes, found through its ready file."""

    nom: str
    commande: list[str]
    pret: Path
    journal: Path
    processus: subprocess.Popen[bytes] | None = None
    ici: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self.pret.unlink(missing_ok=True)
        with self.journal.open("ab") as journal:
            self.processus = subprocess.Popen(self.commande, stdout=journal, stderr=journal, start_new_session=True)
        wait_for(f"{self.nom} starts (see {self.journal})", self._ready)
        self.ici = json.loads(self.pret.read_text(encoding="utf-8"))

    def _ready(self) -> bool:
        assert self.processus is not None
        if self.processus.poll() is not None:
            fin = self.journal.read_text(encoding="utf-8").strip().splitlines()[-1:] or ["nothing printed"]
            raise NotAsItShould(f"{self.nom} stopped at once: {fin[0]}")
        return self.pret.exists()

    def kill(self) -> None:
        """kill -9: no goodbye, nothing flushed."""
        assert self.processus is not None
        os.kill(self.processus.pid, signal.SIGKILL)
        self.processus.wait()

    def stop(self) -> None:
        """SIGTERM, and an orderly end."""
        if self.processus is None or self.processus.poll() is not None:
            return
        self.processus.terminate()
        try:
            code = self.processus.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NotAsItShould(f"{self.nom} does not stop on SIGTERM") from None
        expect(code == 0, f"{self.nom} stopped with exit code {code} on SIGTERM (see {self.journal})")


class Demo:
    """The walk. `dossier`: where everything it makes lies."""

    def __init__(self, dossier: Path) -> None:
        binaires = Path(sys.executable).parent
        self.adapter_cli = str(binaires / "tp-adapter")
        self.emulator_cli = str(binaires / "tp-emulator")
        self.dossier = dossier
        ports = ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0"]
        pret = dossier / "emulator.json"
        commande = [self.emulator_cli, "serve", *ports, "--now", DEBUT, "--ready-file", str(pret)]
        self.emulator = Program("the emulator", commande, pret, dossier / "emulator.log")
        self.adapter: Program | None = None
        self.cle = ""

    # ------------------------------------------------------------------------------------------------- talking

    def shop(self, methode: str, chemin: str, corps: object = None, attente: int = 0) -> tuple[int, Any]:
        """What the shop's software does: one call with its key."""
        assert self.adapter is not None
        entetes = {"Authorization": f"Bearer {self.cle}", **({"Prefer": f"wait={attente}"} if attente else {})}
        return call(methode, self.adapter.ici["api"] + chemin, corps, **entetes)

    def control(self, methode: str, chemin: str, corps: object = None) -> Any:
        base = f"{self.emulator.ici['control']}/_control/v1/sessions/default"
        statut, lu = call(methode, f"{base}/{chemin}", corps)
        expect(statut < 300, f"the emulator's control API refused {methode} {chemin}: {lu}")
        return lu

    def later(self, duree: str) -> str:
        """Move the virtual clock; both processes live in its time."""
        return str(self.control("POST", "clock", {"advance": duree})["now"])

    def command(self, *mots: str) -> str:
        fini = subprocess.run([self.adapter_cli, *mots], capture_output=True, text=True, timeout=PATIENCE, check=False)
        expect(fini.returncode == 0, f"tp-adapter {mots[0]} failed: {fini.stderr.strip()}")
        return fini.stdout

    def ledger(self) -> list[dict[str, Any]]:
        """What the platform itself has of our invoice."""
        factures = self.control("GET", "ledger")["factures"]
        return [une for une in factures if une["reference_magasin"] == FACTURE["reference"]]

    # -------------------------------------------------------------------------------------------------- walking

    def walk(self) -> None:
        self.start()
        self.before()
        facture = self.cut()
        self.killed(facture)
        self.back(facture)
        self.proof()

    def start(self) -> None:
        self.emulator.start()
        adresses = ", ".join(f"{nom} {url}" for nom, url in self.emulator.ici["plateformes"].items())
        self.control("PUT", "reglages", {"viamedis": {"dedoublonnage": False}})
        say(
            "1. Two invented insurers' platforms are running.",
            f"{adresses}. Their clock says {DEBUT}. The first one is told to take whatever it gets, doubles included.",
        )
        configuration = self.dossier / "adapter" / "adapter.toml"
        self.command("init", str(configuration.parent), "--emulateur", str(self.emulator.pret))
        self.cle = (configuration.parent / "secrets" / "demo.key").read_text(encoding="ascii").strip()
        pret = self.dossier / "adapter.json"
        commande = [self.adapter_cli, "serve", "--config", str(configuration), "--port", "0"]
        commande += ["--ready-file", str(pret), "--clock", self.emulator.ici["control"]]
        self.adapter = Program("the adapter", commande, pret, self.dossier / "adapter.log")
        self.adapter.start()
        say("2. The adapter is running between the shop and the platforms.", f"Shop API: {self.adapter.ici['api']}")

    def before(self) -> None:
        statut, droits = self.shop("POST", "/v1/droits", DROITS, 10)
        expect((statut, droits.get("resultat")) == (200, "ouverts"), f"the rights check gave {statut}: {droits}")
        say("3. The shop checks a customer's rights: 200, ouverts.", droits["conseil"])
        statut, devis = self.shop("POST", "/v1/devis", DEVIS, 10)
        expect((statut, devis.get("resultat")) == (200, "chiffre"), f"the quote gave {statut}: {devis}")
        say("4. It asks what the insurer would pay: 200, chiffre.", devis["conseil"])
        statut, pec = self.shop("POST", "/v1/pec", PEC, 10)
        expect((statut, pec.get("resultat")) == (200, "accordee"), f"the PEC gave {statut}: {pec}")
        montants = pec["montants"]
        parts = [montants[nom] for nom in ("amo_centimes", "amc_centimes", "reste_a_charge_centimes")]
        expect(parts == [9, 17991, 12000], f"the PEC's amounts are {parts}, not 9, 17991 and 12000 centimes")
        say(f"5. It asks for a prior agreement (PEC): 200, accordee, number {pec['numero_pec']}.", pec["conseil"])

    def cut(self) -> str:
        self.control("PUT", "effects", [{"plateforme": "viamedis", "effet": "refus_connexion"}])
        say("6. The platform is cut: nobody answers at its address, as in February 2024.")
        statut, facture = self.shop("POST", "/v1/factures", FACTURE, 3)
        expect(statut == 202, f"the invoice was answered {statut}, not 202: {facture}")
        say("7. The glasses are delivered, the shop bills: 202, the invoice is on disk and waits. It is told:", "")
        numero = str(facture["id"])
        facture = wait_for("the adapter notices that the platform is shut", lambda: self._told(numero))
        say("", "« " + facture["conseil"] + " »")
        expect(not self.ledger(), "the platform has an invoice although it is cut")
        maintenant = self.later("P9D")[:16]
        wait_for("the adapter lives in the emulator's time", lambda: self._probes() > maintenant)
        say(f"8. Nine days pass (it is {maintenant}); now and then it is probed. tp-adapter status:")
        for ligne in self.command("status", "--config", str(self.dossier / "adapter" / "adapter.toml")).splitlines():
            if "ferme" in ligne or ligne.startswith(("daemon", "plateforme")):
                print(f"    {ligne}")
        return numero

    def _probes(self) -> str:
        """When the shut service is probed next."""
        lignes = self.shop("GET", "/v1/plateformes")[1]["elements"]
        return str(next(une["prochain_essai"] for une in lignes if une["prochain_essai"]))

    def _told(self, numero: str) -> Any:
        facture = self.shop("GET", f"/v1/demandes/{numero}")[1]
        return facture if facture["fermee_depuis"] else None

    def killed(self, numero: str) -> None:
        assert self.adapter is not None
        self.adapter.kill()
        say("9. The adapter's machine loses power: kill -9, no goodbye.")
        self.adapter.start()
        etat = self.shop("GET", f"/v1/demandes/{numero}")[1]["etat"]
        expect(etat == "en_file", f"after the restart the invoice is {etat}, not en_file")
        statut, encore = self.shop("POST", "/v1/factures", FACTURE)
        expect((statut, encore["id"]) == (202, numero), "sending the same invoice again made another request")
        say("10. It starts again; the invoice is still there.", "The shop sends it once more to be sure: same request.")

    def back(self, numero: str) -> None:
        perdue = {"plateforme": "viamedis", "service": "facture", "operation": "DeposerFacture", "fois": 1}
        perdue |= {"effet": "coupure", "parametres": {"point": "apres_commit"}}
        self.control("PUT", "effects", [perdue])
        say(
            "11. The platform is back, but unwell.",
            "It will record the first invoice it gets, then lose the line before it answers. Sending that one again "
            "would bill twice; not sending it might never bill at all. Both look the same from here.",
        )

        def acknowledged() -> Any:
            self.later("PT5M")
            facture = self.shop("GET", f"/v1/demandes/{numero}")[1]
            etats.append(facture["etat"])
            return facture if facture["resultat"] in {"acquittee", "acceptee"} else None

        etats: list[str] = []
        facture = wait_for("the invoice is delivered", acknowledged)
        expect("incertaine" in etats, f"the lost answer never made the invoice uncertain: {etats}")
        expect(not any(un.get("fois") for un in self.control("GET", "effects")), "the platform never lost an answer")
        vus = " -> ".join(dict.fromkeys(["en_file", *etats]))
        say(
            f"12. Delivered: {vus}, {facture['resultat']}.",
            "The adapter asked for the state before sending anything again.",
        )

    def proof(self) -> None:
        lignes = self.ledger()
        expect(len(lignes) == 1, f"the platform's ledger has our invoice {len(lignes)} times, not once")
        controle = self.control("GET", "ledger/check")
        expect(controle["ok"], f"the platform's ledger does not balance: {controle['ecarts']}")
        [une] = lignes
        say(
            "13. The platform's own ledger:",
            f"invoice {une['numero']} of shop {une['magasin']}, {une['montant_amc_centimes']} centimes, "
            f"{une['etat']}. Recorded once, and the ledger balances.",
        )


def main() -> int:
    lecteur = argparse.ArgumentParser(description="One file through an outage.")
    lecteur.add_argument("--keep", action="store_true", help="leave both programs running")
    keep = lecteur.parse_args().keep
    dossier = Path(tempfile.mkdtemp(prefix="tp-demo-"))
    demo = Demo(dossier)
    debut, code = time.monotonic(), 0
    try:
        demo.walk()
    except NotAsItShould as erreur:
        print(f"\nThe demonstration failed: {erreur}", file=sys.stderr)
        code = 1
    if keep and demo.adapter is not None:
        _tell_where(demo)
        return code
    for programme in (demo.adapter, demo.emulator):
        try:
            if programme is not None:
                programme.stop()
        except NotAsItShould as erreur:
            print(f"\nThe demonstration failed: {erreur}", file=sys.stderr)
            code = 1
    if code == 0:
        shutil.rmtree(dossier)
        print(f"\nDone in {time.monotonic() - debut:.0f} seconds. make demo KEEP=1 leaves both programs running.")
    else:
        print(f"Logs: {dossier}", file=sys.stderr)
    return code


def _tell_where(demo: Demo) -> None:
    assert demo.adapter is not None
    configuration = demo.dossier / "adapter" / "adapter.toml"
    print(f"""
Both programs are left running. Where to look:
    shop API        {demo.adapter.ici["api"]}/v1/docs   (key: {configuration.parent / "secrets" / "demo.key"})
    emulator        {demo.emulator.ici["control"]}/
    commands        {demo.adapter_cli} status --config {configuration}
                    {demo.adapter_cli} queue list --config {configuration}
    logs            {demo.dossier}
    stop them with  kill {demo.adapter.ici["pid"]} {demo.emulator.ici["pid"]}""")


if __name__ == "__main__":
    sys.exit(main())
