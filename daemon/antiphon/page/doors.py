"""Who may come in, and how much they may say: Host and Origin, a token where others can reach us, limits.

Knows HTTP as far as headers go, and nothing of what is served behind it.
"""

import hmac
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "antiphon"
LARGEST: Final = 16_384
"""Bytes of one request's body, and of one message over the WebSocket."""
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; media-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAID: Final = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}
"""Headers of every answer."""


@dataclass(slots=True)
class Allowance:
    """How much somebody may say: `burst` at once, and `each_s` a second on the average."""

    each_s: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = self.burst, self.clock()

    def spend(self) -> bool:
        """Say one thing more. False where that is too much."""
        now = self.clock()
        self._left = min(self.burst, self._left + (now - self._at) * self.each_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class Rules:
    """What is checked at the door.

    address   the address we listen at; beyond this machine's own, other machines may come, with the token
    token     what those who come must know; none where only this machine can come
    """

    address: str = "127.0.0.1"
    token: str | None = None

    def serves(self, host: str | None) -> bool:
        """Whether a Host header names us. A name that somebody else's DNS made point here does not (DNS rebinding):
        only numbers, localhost and the name we were told to listen at do."""
        name = _hostname(host or "")
        if name in ("localhost", self.address.lower()):
            return True
        try:
            number = ipaddress.ip_address(name)
        except ValueError:
            return False
        return self.token is not None or number.is_loopback

    def knows(self, given: str | None) -> bool:
        """Whether somebody has given the token, where there is one."""
        return self.token is None or hmac.compare_digest((given or "").encode(), self.token.encode())


class Doors:
    """An ASGI application that lets into another those whom the rules allow."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if why := self._stranger(headers):
            return await _refuse(scope, receive, send, 403, why)
        offered = parse_qs(scope["query_string"].decode("latin-1")).get("token", [None])[0]
        if self._rules.token and scope["path"] == "/" and offered and self._rules.knows(offered):
            return await self._admit(offered)(scope, receive, send)
        if not self._rules.knows(_cookie(headers) or offered):
            return await _refuse(scope, receive, send, 401, "open the link that Antiphon shows in its terminal")
        await self._app(scope, receive, _with_headers(send))

    def _stranger(self, headers: Headers) -> str | None:
        """Why a request is not one of our own page's; None when it is, or when no browser sent it."""
        host, origin = headers.get("host"), headers.get("origin")
        if not self._rules.serves(host):
            return "this address is not Antiphon's; open the one that it shows in its terminal"
        if origin is not None and origin.lower() != f"http://{host}".lower():
            return "only Antiphon's own page may ask this"
        if (
            origin is None
            and headers.get("sec-fetch-site") == "cross-site"
            and headers.get("sec-fetch-dest")
            not in (
                "document",
                None,
            )
        ):
            return "only Antiphon's own page may ask this"
        return None

    @staticmethod
    def _admit(token: str) -> RedirectResponse:
        """Keep the token where scripts and other sites do not see it, and take it out of the address."""
        answer = RedirectResponse("/", 303, dict(SAID))
        answer.set_cookie(COOKIE, token, max_age=86_400 * 30, httponly=True, samesite="strict", path="/")
        return answer


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
    else:
        await PlainTextResponse(why, status, dict(SAID))(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name for name, _ in message["headers"]}
            more = [(n.encode(), v.encode()) for n, v in SAID.items() if n.encode() not in present]
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return sending


def _hostname(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _cookie(headers: Headers) -> str | None:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[COOKIE].value if COOKIE in jar else None
