"""Who may call what: every view names it, and one check in front of all of them holds it.

`@allows(Role.OFFICER, scope=Scope.REFERRALS_WRITE)` or `@public` stands right above each view
function, below the route. A route that names nothing is refused to everybody.

A browser is known by its session cookie, a program by `Authorization: Bearer <token>`. A token
reaches only routes that name a scope it carries, and acts with those of its user's roles that the
scope can act for.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from app.accounts import tokens
from app.accounts.limits import count_failed_token
from app.accounts.roles import SCOPE_ROLES, Role, Scope
from app.accounts.sessions import touch
from app.audit.service import Actor
from app.db import reading
from app.errors import NotAllowed, NotSignedIn, Unreadable
from app.web.context import utc_now

log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROGRAM_PATHS = ("/api/", "/ogc", "/metrics", "/healthz", "/readyz")

csrf = CSRFProtect()


class FormExpired(Unreadable):
    """The form's token is missing, or belongs to a session that is over."""

    code = "form_expired"


class CrossSite(NotAllowed):
    """A browser sent the request from another site's page."""

    code = "cross_site"


@dataclass(frozen=True)
class Access:
    """Who may call a route."""

    roles: frozenset[Role]
    scope: Scope | None = None
    is_public: bool = False


@dataclass(frozen=True)
class Caller:
    """Who sent this request, with the roles that count for it."""

    user_id: int
    name: str
    roles: frozenset[Role]
    channel: Literal["web", "api"]
    is_token: bool


PUBLIC = Access(frozenset(), is_public=True)


def allows(*roles: Role, scope: Scope | None = None) -> Callable[[View], View]:
    """Let these roles in, and tokens that carry `scope` (none: no token reaches it)."""
    if not roles:
        raise ValueError("name at least one role, or use @public")
    access = Access(frozenset(roles), scope)

    def mark(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Let everybody in, signed in or not."""
    view.access = PUBLIC  # type: ignore[attr-defined]
    return view


def access_of(app: Flask, endpoint: str, method: str) -> Access | None:
    """What the route behind `endpoint` names, or None when it names nothing."""
    if endpoint == "static":
        return PUBLIC
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = getattr(view_class, method.lower(), None)
        if handler is None and method == "HEAD":
            handler = getattr(view_class, "get", None)
        return getattr(handler, "access", getattr(view_class, "access", None))
    return getattr(view, "access", None)


def current_caller() -> Caller:
    """Who sent this request.

    Raises:
        NotSignedIn: nobody is signed in and no valid token was sent.
    """
    caller = find_caller()
    if caller is None:
        raise NotSignedIn("Sign in first, or send a valid token.")
    return caller


def find_caller() -> Caller | None:
    """Who sent this request by its session cookie or token, or None."""
    if "caller" not in g:
        g.caller = _caller_by_token() if _bearer_token() is not None else _caller_by_session()
    return cast(Caller | None, g.caller)


def current_actor() -> Actor:
    """The caller as the audit record names them."""
    caller = current_caller()
    return Actor(
        name=f"user:{caller.user_id}",
        user_id=caller.user_id,
        roles=tuple(sorted(caller.roles)),
        channel=caller.channel,
    )


def current_roles() -> frozenset[Role]:
    """The roles that count for this request (a token's: only those its scope acts for)."""
    return current_caller().roles


def may_open(app: Flask, path: str, roles: Iterable[Role]) -> bool:
    """Whether a page of ours stands at `path` and one of these roles may open it."""
    held = frozenset(roles)
    adapter = app.url_map.bind("localhost")
    try:
        endpoint, _ = adapter.match(path, method="GET")
    except HTTPException:
        return False
    access = access_of(app, endpoint, "GET")
    return access is not None and bool(access.roles & held)


def safe_next(target: str | None) -> str | None:
    """A path of this site to go on to after signing in, or None for anything else."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(character) < 32 or character == "\\" for character in target):
        return None
    return target


def check_access() -> ResponseReturnValue | None:
    """Stand in front of every request; None lets it through."""
    if request.endpoint is None:
        return None  # no such route: Flask says 404 or 405
    access = access_of(current_app, request.endpoint, request.method)
    if access is None:
        log.error("a route names no access", extra={"endpoint": request.endpoint})
        raise NotAllowed("This page names nobody who may use it, so nobody may.")
    if not access.is_public:
        caller = find_caller()
        if caller is None:
            return _ask_to_sign_in()
        _require_role(caller, access)
        if not caller.is_token:
            touch(utc_now())
    if request.method not in SAFE_METHODS and _bearer_token() is None:
        _refuse_cross_site()
    return None


def _require_role(caller: Caller, access: Access) -> None:
    allowed = access.roles & caller.roles
    if not caller.is_token:
        if not allowed:
            raise NotAllowed("Your role may not do this.")
        return
    if access.scope is None:
        raise NotAllowed("This cannot be reached with a token. Sign in with a browser.")
    if access.scope not in g.token_scopes:
        raise NotAllowed(f"The token does not carry the scope {access.scope}.")
    allowed &= SCOPE_ROLES[access.scope]
    if not allowed:
        raise NotAllowed(f"The roles of the token's user do not allow {access.scope}.")
    g.caller = Caller(
        caller.user_id,
        caller.name,
        caller.roles & SCOPE_ROLES[access.scope],
        caller.channel,
        is_token=True,
    )


def _bearer_token() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _caller_by_token() -> Caller:
    with reading() as session:
        holder = tokens.find_token_holder(session, _bearer_token() or "", now=utc_now())
    if holder is None:
        count_failed_token()
        raise NotSignedIn("The token is not known, has expired or was revoked. Make a new one.")
    g.token_scopes = holder.scopes
    return Caller(holder.user_id, holder.name, holder.roles, "api", is_token=True)


def _caller_by_session() -> Caller | None:
    if not current_user or not current_user.is_authenticated:
        return None
    channel: Literal["web", "api"] = "api" if is_program_path() else "web"
    return Caller(current_user.id, current_user.name, current_user.held, channel, is_token=False)


def is_program_path() -> bool:
    """Whether the address is one that programs call and that answers without pages."""
    return request.path.startswith(PROGRAM_PATHS)


def _ask_to_sign_in() -> ResponseReturnValue:
    is_navigation = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    if is_program_path() or not is_navigation:
        raise NotSignedIn("Sign in first, or send a valid token.")
    if request.method not in ("GET", "HEAD"):
        return redirect("/", code=303)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return _come_back_from_here()
    return redirect("/?" + urlencode({"next": request.full_path.rstrip("?")}))


def _come_back_from_here() -> Response:
    """Load the same address once more, from a page of ours.

    A strict cookie stays behind when somebody follows a link from an e-mail, so a person who is
    signed in would look like a stranger. The second request comes from this site and carries it.
    """
    return make_response(
        render_template("accounts/continue.html", target=request.full_path.rstrip("?"))
    )


def _refuse_cross_site() -> None:
    if is_program_path():
        _require_same_origin()
        return
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return  # the browser itself says that a page of ours sent the form
    try:
        csrf.protect()
    except CSRFError as error:
        if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
            raise FormExpired(
                "The browser sent no cookie with the form. Allow cookies for this site, open it "
                "over https, and try once more."
            ) from error
        raise FormExpired(
            "This page was open too long, or came from elsewhere. Load it again and try once more."
        ) from error


def _require_same_origin() -> None:
    """Refuse what another site's page made a browser send.

    Every current browser sends Sec-Fetch-Site or Origin with such a request; where both are missing
    the caller is no browser, and nobody's cookie can have been borrowed. Origin is compared by
    host and port, because TLS may end at a proxy.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        is_ours = site == "same-origin"
    else:
        origin = request.headers.get("Origin")
        is_ours = origin is None or origin.partition("://")[2] == request.host
    if not is_ours:
        raise CrossSite("The request came from another site's page and was refused.")


def init_access(app: Flask) -> None:
    """Put the check in front of every request of this application."""
    csrf.init_app(app)
    app.before_request(check_access)
