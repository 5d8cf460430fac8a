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


def say(title: str, text: str = "") -> None:
    print(f"\n{title}" if title else "", flush=True)
    for line in textwrap.wrap(text, 104):
        print(f"    {line}", flush=True)


def expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise NotAsItShould(otherwise)


def wait_for(what: str, read: Callable[[], Any]) -> Any:
    """The first true value `lire` gives."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = read()
        if value:
            return value
        time.sleep(0.05)
    raise NotAsItShould(f"{what}: not within {PATIENCE:.0f} seconds")


def call(method: str, url: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """One JSON call. Raises NotAsItShould when nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            status, answered = answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        status, answered = refusal.code, refusal.read()
    except OSError as error:
        raise NotAsItShould(f"{url} does not answer ({type(error).__name__})") from None
    return status, json.loads(answered) if answered else None


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
            end = self.journal.read_text(encoding="utf-8").strip().splitlines()[-1:] or ["nothing printed"]
            raise NotAsItShould(f"{self.nom} stopped at once: {end[0]}")
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

    def __init__(self, folder: Path) -> None:
        binaries = Path(sys.executable).parent
        self.adapter_cli = str(binaries / "tp-adapter")
        self.emulator_cli = str(binaries / "tp-emulator")
        self.dossier = folder
        ports = ["--control-port", "0", "--viamedis-port", "0", "--almerys-port", "0"]
        ready = folder / "emulator.json"
        command = [self.emulator_cli, "serve", *ports, "--now", DEBUT, "--ready-file", str(ready)]
        self.emulator = Program("the emulator", command, ready, folder / "emulator.log")
        self.adapter: Program | None = None
        self.cle = ""

    # ------------------------------------------------------------------------------------------------- talking

    def shop(self, method: str, path: str, body: object = None, wait: int = 0) -> tuple[int, Any]:
        """What the shop's software does: one call with its key."""
        assert self.adapter is not None
        headers = {"Authorization": f"Bearer {self.cle}", **({"Prefer": f"wait={wait}"} if wait else {})}
        return call(method, self.adapter.ici["api"] + path, body, **headers)

    def control(self, method: str, path: str, body: object = None) -> Any:
        base = f"{self.emulator.ici['control']}/_control/v1/sessions/default"
        status, answered = call(method, f"{base}/{path}", body)
        expect(status < 300, f"the emulator's control API refused {method} {path}: {answered}")
        return answered

    def later(self, duration: str) -> str:
        """Move the virtual clock; both processes live in its time."""
        return str(self.control("POST", "clock", {"advance": duration})["now"])

    def command(self, *words: str) -> str:
        done = subprocess.run([self.adapter_cli, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)
        expect(done.returncode == 0, f"tp-adapter {words[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def ledger(self) -> list[dict[str, Any]]:
        """What the platform itself has of our invoice."""
        factures = self.control("GET", "ledger")["factures"]
        return [one for one in factures if one["reference_magasin"] == FACTURE["reference"]]

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
        addresses = ", ".join(f"{name} {url}" for name, url in self.emulator.ici["plateformes"].items())
        self.control("PUT", "reglages", {"viamedis": {"dedoublonnage": False}})
        say(
            "1. Two invented insurers' platforms are running.",
            f"{addresses}. Their clock says {DEBUT}. The first one is told to take whatever it gets, doubles included.",
        )
        configuration = self.dossier / "adapter" / "adapter.toml"
        self.command("init", str(configuration.parent), "--emulateur", str(self.emulator.pret))
        self.cle = (configuration.parent / "secrets" / "demo.key").read_text(encoding="ascii").strip()
        ready = self.dossier / "adapter.json"
        command = [self.adapter_cli, "serve", "--config", str(configuration), "--port", "0"]
        command += ["--ready-file", str(ready), "--clock", self.emulator.ici["control"]]
        self.adapter = Program("the adapter", command, ready, self.dossier / "adapter.log")
        self.adapter.start()
        say("2. The adapter is running between the shop and the platforms.", f"Shop API: {self.adapter.ici['api']}")

    def before(self) -> None:
        status, droits = self.shop("POST", "/v1/droits", DROITS, 10)
        expect((status, droits.get("resultat")) == (200, "ouverts"), f"the rights check gave {status}: {droits}")
        say("3. The shop checks a customer's rights: 200, ouverts.", droits["conseil"])
        status, devis = self.shop("POST", "/v1/devis", DEVIS, 10)
        expect((status, devis.get("resultat")) == (200, "chiffre"), f"the quote gave {status}: {devis}")
        say("4. It asks what the insurer would pay: 200, chiffre.", devis["conseil"])
        status, pec = self.shop("POST", "/v1/pec", PEC, 10)
        expect((status, pec.get("resultat")) == (200, "accordee"), f"the PEC gave {status}: {pec}")
        montants = pec["montants"]
        parts = [montants[name] for name in ("amo_centimes", "amc_centimes", "reste_a_charge_centimes")]
        expect(parts == [9, 17991, 12000], f"the PEC's amounts are {parts}, not 9, 17991 and 12000 centimes")
        say(f"5. It asks for a prior agreement (PEC): 200, accordee, number {pec['numero_pec']}.", pec["conseil"])

    def cut(self) -> str:
        self.control("PUT", "effects", [{"plateforme": "viamedis", "effet": "refus_connexion"}])
        say("6. The platform is cut: nobody answers at its address, as in February 2024.")
        status, facture = self.shop("POST", "/v1/factures", FACTURE, 3)
        expect(status == 202, f"the invoice was answered {status}, not 202: {facture}")
        say("7. The glasses are delivered, the shop bills: 202, the invoice is on disk and waits. It is told:", "")
        number = str(facture["id"])
        facture = wait_for("the adapter notices that the platform is shut", lambda: self._told(number))
        say("", "« " + facture["conseil"] + " »")
        expect(not self.ledger(), "the platform has an invoice although it is cut")
        now = self.later("P9D")[:16]
        wait_for("the adapter lives in the emulator's time", lambda: self._probes() > now)
        say(f"8. Nine days pass (it is {now}); now and then it is probed. tp-adapter status:")
        for line in self.command("status", "--config", str(self.dossier / "adapter" / "adapter.toml")).splitlines():
            if "ferme" in line or line.startswith(("daemon", "plateforme")):
                print(f"    {line}")
        return number

    def _probes(self) -> str:
        """When the shut service is probed next."""
        lines = self.shop("GET", "/v1/plateformes")[1]["elements"]
        return str(next(one["prochain_essai"] for one in lines if one["prochain_essai"]))

    def _told(self, number: str) -> Any:
        facture = self.shop("GET", f"/v1/demandes/{number}")[1]
        return facture if facture["fermee_depuis"] else None

    def killed(self, number: str) -> None:
        assert self.adapter is not None
        self.adapter.kill()
        say("9. The adapter's machine loses power: kill -9, no goodbye.")
        self.adapter.start()
        etat = self.shop("GET", f"/v1/demandes/{number}")[1]["etat"]
        expect(etat == "en_file", f"after the restart the invoice is {etat}, not en_file")
        status, again = self.shop("POST", "/v1/factures", FACTURE)
        expect((status, again["id"]) == (202, number), "sending the same invoice again made another request")
        say("10. It starts again; the invoice is still there.", "The shop sends it once more to be sure: same request.")

    def back(self, number: str) -> None:
        lost = {"plateforme": "viamedis", "service": "facture", "operation": "DeposerFacture", "fois": 1}
        lost |= {"effet": "coupure", "parametres": {"point": "apres_commit"}}
        self.control("PUT", "effects", [lost])
        say(
            "11. The platform is back, but unwell.",
            "It will record the first invoice it gets, then lose the line before it answers. Sending that one again "
            "would bill twice; not sending it might never bill at all. Both look the same from here.",
        )

        def acknowledged() -> Any:
            self.later("PT5M")
            facture = self.shop("GET", f"/v1/demandes/{number}")[1]
            states.append(facture["etat"])
            return facture if facture["resultat"] in {"acquittee", "acceptee"} else None

        states: list[str] = []
        facture = wait_for("the invoice is delivered", acknowledged)
        expect("incertaine" in states, f"the lost answer never made the invoice uncertain: {states}")
        expect(not any(one.get("fois") for one in self.control("GET", "effects")), "the platform never lost an answer")
        seen = " -> ".join(dict.fromkeys(["en_file", *states]))
        say(
            f"12. Delivered: {seen}, {facture['resultat']}.",
            "The adapter asked for the state before sending anything again.",
        )

    def proof(self) -> None:
        lines = self.ledger()
        expect(len(lines) == 1, f"the platform's ledger has our invoice {len(lines)} times, not once")
        check = self.control("GET", "ledger/check")
        expect(check["ok"], f"the platform's ledger does not balance: {check['ecarts']}")
        [one] = lines
        say(
            "13. The platform's own ledger:",
            f"invoice {one['numero']} of shop {one['magasin']}, {one['montant_amc_centimes']} centimes, "
            f"{one['etat']}. Recorded once, and the ledger balances.",
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="One file through an outage.")
    parser.add_argument("--keep", action="store_true", help="leave both programs running")
    keep = parser.parse_args().keep
    folder = Path(tempfile.mkdtemp(prefix="tp-demo-"))
    demo = Demo(folder)
    begun, code = time.monotonic(), 0
    try:
        demo.walk()
    except NotAsItShould as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        code = 1
    if keep and demo.adapter is not None:
        _tell_where(demo)
        return code
    for program in (demo.adapter, demo.emulator):
        try:
            if program is not None:
                program.stop()
        except NotAsItShould as error:
            print(f"\nThe demonstration failed: {error}", file=sys.stderr)
            code = 1
    if code == 0:
        shutil.rmtree(folder)
        print(f"\nDone in {time.monotonic() - begun:.0f} seconds. make demo KEEP=1 leaves both programs running.")
    else:
        print(f"Logs: {folder}", file=sys.stderr)
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
