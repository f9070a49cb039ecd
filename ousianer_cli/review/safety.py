"""Who may speak to the pages: this machine alone, by the address that was printed, from the pages themselves.

Every request needs the token that is random for each session: in the address that the command prints, then in a cookie
that scripts cannot read and other sites' pages cannot send. `Host` must name this server, against names that are
pointed at 127.0.0.1 afterwards; `Origin` must be the pages' own on whatever changes anything.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
LARGEST_BODY = 1 << 20
"""Bytes of a request."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def new_token() -> str:
    """A secret that cannot be guessed: 256 bits."""
    return secrets.token_urlsafe(32)


class Guard:
    """Lets only requests through that are from the pages of this session; all answers get the headers above."""

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"{LOOPBACK}:{port}", f"localhost:{port}"}
        self._origins = {f"http://{host}" for host in self._hosts}
        self._cookie = f"ousianer-review-{port}"  # cookies do not tell ports apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        given = QueryParams(scope.get("query_string", b"")).get("token", "")
        by_address = scope["path"] == "/" and scope["method"] == "GET" and self._is_token(given)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out[name] = value
                if by_address:
                    out.append("Set-Cookie", f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict")
            await send(message)

        refusal = self._refusal(scope, headers, by_address)
        if refusal is not None:
            by_address = False
            await PlainTextResponse(refusal[1] + "\n", refusal[0])(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers, by_address: bool) -> tuple[int, str] | None:
        """Status and reason; None lets the request through."""
        if headers.getlist("host") not in [[host] for host in self._hosts]:
            return 421, "this server is known by 127.0.0.1 and localhost alone"
        origins = headers.getlist("origin")
        changes = scope["method"] not in ("GET", "HEAD")
        if (changes or origins) and (len(origins) != 1 or origins[0] not in self._origins):
            return 403, "not a request of this server's own pages"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") and not by_address:
            return 403, "not a request of this server's own pages"
        if not by_address and not self._is_token(self._sent_cookie(headers)):
            return 403, "open the address that ousianer review printed: it holds the key to this session"
        if changes and headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return 415, "expected JSON"
        length = headers.get("content-length", "0")
        if changes and ("transfer-encoding" in headers or not length.isdigit() or int(length) > LARGEST_BODY):
            return 413, f"expected at most {LARGEST_BODY} bytes of a stated length"
        return None

    def _sent_cookie(self, headers: Headers) -> str:
        for value in headers.getlist("cookie"):
            try:
                found = SimpleCookie(value).get(self._cookie)
            except CookieError:
                continue
            if found is not None:
                return found.value
        return ""

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._token.encode())
