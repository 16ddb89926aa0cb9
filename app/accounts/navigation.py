"""What the shared page frame shows: the person, the pages open to them, the demonstration strip."""

from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Flask, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.access import Caller, find_caller, may_open
from app.accounts.roles import Role
from app.config import Settings
from app.errors import ReferralServiceError

PAGES: Final = (
    ("/field", "Field"),
    ("/unit", "Unit"),
    ("/verification", "Verification"),
    ("/cases", "Cases"),
    ("/meetings", "Meetings"),
    ("/maps", "Maps"),
    ("/planning", "Planning"),
    ("/outcomes", "Outcomes"),
    ("/admin", "Administration"),
)


@dataclass(frozen=True)
class Tab:
    """One page in the header's menu."""

    path: str
    label: str
    is_current: bool


def init_navigation(app: Flask) -> None:
    """Give every template `person`, their roles in words, `tabs` and `is_demonstration`."""
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    settings = cast(Settings, current_app.extensions["lead"].settings)
    person = _person_on_page()
    roles = person.roles if person else frozenset()
    words = [role.words for role in Role if role in roles]
    return {
        "is_demonstration": settings.is_demonstration,
        "person": person,
        "role_words": ", ".join(words).capitalize(),
        "first_role_words": words[0].capitalize() if words else "",
        "role_count": len(words),
        "tabs": _tabs(roles),
    }


def _tabs(roles: frozenset[Role]) -> list[Tab]:
    if not roles:
        return []
    here = request.path
    return [
        Tab(path, label, here == path or here.startswith(f"{path}/"))
        for path, label in PAGES
        if may_open(current_app, path, roles)
    ]


def _person_on_page() -> Caller | None:
    """The signed-in person; nobody when that cannot be found out, as on an error page."""
    if "caller" in g:
        return cast(Caller | None, g.caller)
    if "Authorization" in request.headers:
        return None
    try:
        return find_caller()
    except (ReferralServiceError, SQLAlchemyError):
        return None
