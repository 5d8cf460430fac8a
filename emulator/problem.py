"""Errors of the control API: application/problem+json (RFC 9457), with the place of the fault."""

from __future__ import annotations

from typing import Any

import msgspec

from tierspayant.schemas.plain import to_json
from tierspayant.schemas.wire import HttpResponse

JSON = "application/json"
PROBLEM = "application/problem+json"
_TITLES = {
    400: "The request cannot be read",
    401: "A token is needed",
    403: "Not from here",
    404: "Nothing there",
    405: "Not this method",
    409: "Not in this state",
    413: "Too large",
    422: "The request is refused",
    507: "Not kept",
}


class Problem(Exception):
    """The request is refused. `champ`: JSON path of the fault ('$.now'), or None when it is not in the body."""

    def __init__(self, status: int, code: str, detail: str, champ: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.champ = champ

    def response(self) -> HttpResponse:
        """The answer that says so."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "Refused"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.champ is not None:
            body["champ"] = self.champ
        return HttpResponse(self.status, (("Content-Type", PROBLEM),), to_json(body))


def json_response(value: object, status: int = 200) -> HttpResponse:
    """A plain value as JSON."""
    return HttpResponse(status, (("Content-Type", JSON),), to_json(value))


def read_json(body: bytes) -> Any:
    """The JSON value of a body. Raises Problem 400."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as wrong:
        raise Problem(400, "json", f"the body is not JSON: {wrong}") from None
    except RecursionError:
        raise Problem(400, "json", "the body is nested too deep") from None
