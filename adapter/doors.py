"""Where the daemon listens: the shop API's port, and its operator's socket or port.

The operator's socket has mode 0600 and no key. Where [admin] port is set, a loopback port takes its place: calls carry
an operator's key, and the port's number stands in admin.port (0600) as long as the daemon runs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.endpoints import TCP4ServerEndpoint, UNIXServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IReactorUNIX

from tierspayant.adapter.admin import LocalAccess, OperatorsOnly
from tierspayant.adapter.assembly import Parts, StartRefused
from tierspayant.adapter.config import Api, Configuration
from tierspayant.adapter.config_edit import write_file
from tierspayant.adapter.http_limits import Limits
from tierspayant.adapter.keys import Role
from tierspayant.adapter.shop_api import Access, ShopApi
from tierspayant.adapter.shop_http import Server

SOCKET_PATH_MAX: Final = 100
"""Characters of a socket's path: the system's limit is 108 bytes on Linux, less elsewhere."""


class Doors:
    """Opened at start, closed by an orderly stop."""

    def __init__(self, reactor: Any, configuration: Configuration) -> None:
        self._reactor = reactor
        self._configuration = configuration
        self._ports: list[IListeningPort] = []
        self._servers: list[Server] = []
        self._told: list[Path] = []

    @property
    def opened(self) -> bool:
        return bool(self._servers)

    async def open(self, parts: Parts, access: Access) -> str:
        """Both; gives the shop API's address. Raises StartRefused."""
        api = self._configuration.settings.api
        port = await self._serve(
            self._shop_endpoint(), ShopApi(access, parts.shop_routes()), _place(api.hote, api.port)
        )
        await self._open_admin(parts, access)
        scheme = "https" if api.tls_certificat else "http"
        return f"{scheme}://{_place(api.hote, port.getHost().port)}"

    def _shop_endpoint(self) -> Any:
        api = self._configuration.settings.api
        if api.tls_certificat is None or api.tls_cle is None:
            return TCP4ServerEndpoint(self._reactor, api.port, interface=api.hote)
        from twisted.internet.endpoints import SSL4ServerEndpoint
        from twisted.internet.ssl import DefaultOpenSSLContextFactory

        path = self._configuration.path
        context = DefaultOpenSSLContextFactory(str(path(api.tls_cle)), str(path(api.tls_certificat)))
        return SSL4ServerEndpoint(self._reactor, api.port, context, interface=api.hote)

    async def _open_admin(self, parts: Parts, access: Access) -> None:
        configuration = self._configuration
        for stale in (configuration.admin_socket, configuration.admin_port_file):
            stale.unlink(missing_ok=True)
        if configuration.settings.admin.port is None:
            await self._open_admin_socket(parts)
        else:
            await self._open_admin_port(parts, access)

    async def _open_admin_socket(self, parts: Parts) -> None:
        path = self._configuration.admin_socket
        if not IReactorUNIX.providedBy(self._reactor):
            raise StartRefused("this system has no Unix sockets: set [admin] port (docs/reference/configuration.md)")
        if len(str(path)) > SOCKET_PATH_MAX:
            raise StartRefused(
                f"{path}: too long for a socket; put the configuration in a shorter path, or set [admin] port"
            )
        before = os.umask(0o177)
        try:
            endpoint = UNIXServerEndpoint(self._reactor, str(path), mode=0o600, wantPID=False)
            await self._serve(endpoint, parts.admin_api(LocalAccess()), str(path))
        finally:
            os.umask(before)

    async def _open_admin_port(self, parts: Parts, access: Access) -> None:
        settings, told = self._configuration.settings, self._configuration.admin_port_file
        admin = settings.admin
        if not any(key.role is Role.OPERATEUR for key in settings.cles.values()):
            file = self._configuration.path(admin.cle_fichier)
            raise StartRefused(
                f"[admin] port needs an operator's key: tp-adapter cle add --role operateur --out {file}"
            )
        endpoint = TCP4ServerEndpoint(self._reactor, admin.port, interface=admin.hote)
        port: Any = await self._serve(
            endpoint, parts.admin_api(OperatorsOnly(access)), _place(admin.hote, admin.port or 0)
        )
        try:
            write_file(told, f"{port.getHost().port}\n")
        except OSError as error:
            raise StartRefused(f"{told}: the port's number cannot be written ({error.strerror})") from None
        self._told.append(told)

    async def _serve(self, endpoint: Any, application: ShopApi, place: str) -> Any:
        server = Server(application, self._reactor, limits_of(self._configuration.settings.api))
        try:
            port: IListeningPort = await endpoint.listen(server)
        except CannotListenError as error:
            raise StartRefused(f"{place}: cannot listen: {error.socketError}") from None
        self._ports.append(port)
        self._servers.append(server)
        return port

    async def close(self) -> None:
        """Take no new connection; those that are open stay."""
        for told in self._told:
            told.unlink(missing_ok=True)
        for port in self._ports:
            stopped = port.stopListening()
            if stopped is not None:
                await stopped

    def calls_under_way(self) -> Deferred[Any]:
        """Fires when every call received has been answered."""
        return DeferredList([work for server in self._servers for work in server.gate.under_way])

    def hang_up(self) -> None:
        for server in self._servers:
            server.hang_up()


def limits_of(api: Api) -> Limits:
    """What the operator set for what is received."""
    return Limits(
        body=api.corps_max,
        body_pieces=api.corps_max_pieces,
        reception=api.delai_reception.total_seconds(),
        connections=api.connexions_max,
    )


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
