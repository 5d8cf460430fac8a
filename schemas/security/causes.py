"""Why a platform does not accept who speaks: one rule id per cause, with its code, its reason and both sentences.

The emulator refuses with `faute(regle)`; the adapter reads the rule back with `raison(regle)` (docs/identite.md). The
codes and reasons are those of the shared tables; the rule ids are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tierspayant.schemas.faults import Cote, Faute
from tierspayant.schemas.outcomes import RaisonCompte

SECURITY = "/Envelope/Header/Security"
"""Where in the message most of these faults lie."""
_REFUSE, _CODE, _CERTIFICAT = RaisonCompte.REFUSE, RaisonCompte.CODE, RaisonCompte.CERTIFICAT


@dataclass(frozen=True, slots=True)
class Cause:
    """code: canonical (TEC04 refused, TEC06 suspended). raison: what the adapter holds the account for."""

    code: str
    raison: RaisonCompte
    francais: str
    anglais: str


CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "AUTH_ABSENTE": Cause(
            "TEC04", _REFUSE, "l'en-tête de sécurité UsernameToken manque", "the UsernameToken header is missing"
        ),
        "AUTH_FORME": Cause(
            "TEC04", _REFUSE, "l'en-tête de sécurité est mal formé", "the security header is not well made"
        ),
        "AUTH_MOT_DE_PASSE_CLAIR": Cause(
            "TEC04",
            _REFUSE,
            "le mot de passe doit être envoyé en condensat (PasswordDigest)",
            "the password must be sent as a digest (PasswordDigest)",
        ),
        "AUTH_HORLOGE": Cause(
            "TEC04",
            _REFUSE,
            "l'horodatage de sécurité est trop ancien ou dans le futur",
            "the security timestamp is too old or in the future",
        ),
        "AUTH_NONCE_REJOUE": Cause(
            "TEC04", _REFUSE, "ce message de sécurité a déjà servi", "this security header was used before"
        ),
        "AUTH_SECRET": Cause(
            "TEC04", _REFUSE, "identifiant ou mot de passe inconnu", "unknown user name or wrong password"
        ),
        "AUTH_MAGASIN": Cause(
            "TEC04",
            _REFUSE,
            "ce compte ne parle pas au nom de ce magasin",
            "this account does not speak for this shop",
        ),
        "AUTH_EXPIRE": Cause(
            "TEC04", RaisonCompte.EXPIRE, "le mot de passe du compte a expiré", "the account's password has expired"
        ),
        "AUTH_REINITIALISER": Cause(
            "TEC04",
            RaisonCompte.REINITIALISER,
            "le mot de passe du compte doit être réinitialisé",
            "the account's password must be reset",
        ),
        "AUTH_VERROUILLE": Cause(
            "TEC06",
            RaisonCompte.VERROUILLE,
            "le compte est verrouillé après plusieurs échecs",
            "the account is locked after several failures",
        ),
        "AUTH_NON_REACTIVE": Cause(
            "TEC06",
            RaisonCompte.NON_REACTIVE,
            "le compte n'a pas encore été réactivé",
            "the account has not been enabled again yet",
        ),
        "AUTH_CODE": Cause("TEC04", _CODE, "un code à usage unique est demandé", "a one-time code is asked for"),
        "AUTH_CODE_FAUX": Cause(
            "TEC04", _CODE, "le code à usage unique est faux ou périmé", "the one-time code is wrong or too old"
        ),
        "AUTH_SESSION": Cause(
            "TEC04", _CODE, "ouvrez une session avant cette demande", "open a session before this request"
        ),
        "AUTH_CERTIFICAT": Cause(
            "TEC04", _CERTIFICAT, "le certificat n'est pas accepté", "the certificate is not accepted"
        ),
        "AUTH_CERTIFICAT_ABSENT": Cause(
            "TEC04", _CERTIFICAT, "un certificat client est demandé", "a client certificate is asked for"
        ),
        "AUTH_CERTIFICAT_DATES": Cause(
            "TEC04", _CERTIFICAT, "le certificat est expiré ou pas encore valide", "the certificate is out of its dates"
        ),
        "SIGNATURE_ABSENTE": Cause("TEC04", _REFUSE, "la signature du message manque", "the signature is missing"),
        "SIGNATURE_FORME": Cause(
            "TEC04", _REFUSE, "la signature du message est mal formée", "the signature is not well made"
        ),
        "SIGNATURE_ALGORITHME": Cause(
            "TEC04",
            _REFUSE,
            "la signature emploie un algorithme non accepté",
            "the signature uses an algorithm that is not accepted",
        ),
        "SIGNATURE_FAUSSE": Cause(
            "TEC04", _REFUSE, "la signature ne correspond pas au message", "the signature does not match the message"
        ),
        "SIGNATURE_ENVELOPPE_DEPLACEE": Cause(
            "TEC04",
            _REFUSE,
            "la signature ne porte pas sur le Body et le Timestamp de ce message",
            "the signature does not cover the Body and the Timestamp of this message",
        ),
    }
)


def faute(regle: str, xpath: str | None = SECURITY) -> Faute:
    """The typed fault of a cause. Raises KeyError for a rule that is not of this table."""
    cause = CAUSES[regle]
    return Faute(Cote.AUTH, cause.code, regle, cause.francais, cause.anglais, xpath=xpath)


def raison(regle: str) -> RaisonCompte | None:
    """What a refusal by this rule says of the account; None for a rule that is not of this table."""
    cause = CAUSES.get(regle)
    return None if cause is None else cause.raison
