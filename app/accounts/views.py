"""Sign-in, sign-out, the start page, help, and pages of roles that are not built yet."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts import limits, passwords, sessions, signing_in
from app.accounts.access import (
    allows,
    current_actor,
    find_caller,
    may_open,
    public,
    safe_next,
)
from app.accounts.roles import ANY_ROLE, LANDING, Role, landing_page
from app.db import unit_of_work
from app.web.context import utc_now

blueprint = Blueprint("accounts", __name__)
demonstration = Blueprint("demonstration", __name__, url_prefix="/demonstration")

TEXT_MAX = 1024
REFUSED: Final = (
    "This did not sign you in. The email or the password is wrong, or the account is locked or "
    "closed. After 5 wrong tries in 15 minutes an administrator has to unlock it."
)


@dataclass(frozen=True)
class DemoButton:
    """A button of the demonstration: the role and a line that says where it lands."""

    role: Role
    lands_on: str


DEMO_BUTTONS: Final = (
    (
        "On the street",
        (
            DemoButton(Role.OFFICER, "Field page: check a place, refer"),
            DemoButton(Role.SERGEANT, "Unit counts and approvals"),
        ),
    ),
    (
        "Checks and decisions",
        (
            DemoButton(Role.RECORDS_CHECKER, "Records checks waiting"),
            DemoButton(Role.PROSECUTOR, "Verification queue"),
            DemoButton(Role.PARTNER, "Approvals waiting"),
        ),
    ),
    (
        "Care",
        (
            DemoButton(Role.CASE_MANAGER, "Own cases and tasks"),
            DemoButton(Role.PEER, "Own contacts"),
            DemoButton(Role.CASE_SUPERVISOR, "Team case loads"),
        ),
    ),
    (
        "Running the programme",
        (
            DemoButton(Role.PROGRAMME_MANAGER, "Weekly meeting"),
            DemoButton(Role.COMMANDER, "Map room"),
            DemoButton(Role.PLANNER, "Zone expansion"),
            DemoButton(Role.EVALUATOR, "Outcomes"),
            DemoButton(Role.ADMIN, "Accounts and audit"),
        ),
    ),
)


@blueprint.get("/")
@public
def start() -> ResponseReturnValue:
    """The sign-in page, or the person's own page when signed in."""
    caller = find_caller()
    if caller is None:
        return _sign_in_page()
    return redirect(_destination(caller.roles))


@blueprint.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Sign in with e-mail and password."""
    limits.refuse_guessers()
    email = request.form.get("email", "")[:TEXT_MAX]
    password = request.form.get("password", "")[:TEXT_MAX]
    with unit_of_work() as session:
        attempt = signing_in.open_sign_in(session, email, now=utc_now())
    is_right = passwords.is_right(password, attempt.password_hash)
    with unit_of_work() as session:
        user = signing_in.close_sign_in(session, attempt, is_right=is_right, now=utc_now())
    if user is None:
        limits.count_failed_sign_in()
        return _sign_in_page(refused=REFUSED), 401
    sessions.start(user, utc_now())
    return redirect(_destination(user.held))


@blueprint.post("/sign-out")
@allows(*ANY_ROLE)
def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    with unit_of_work() as session:
        signing_in.sign_out(session, current_actor(), now=utc_now())
    sessions.end()
    return redirect("/")


@blueprint.get("/help")
@public
def help_page() -> ResponseReturnValue:
    """Help with signing in."""
    return render_template("accounts/help.html")


@demonstration.post("/sign-in/<role>")
@public
def sign_in_as(role: str) -> ResponseReturnValue:
    """Sign in as the demonstration's person with this role; exists only in the demonstration."""
    if role not in set(Role):
        abort(404)
    with unit_of_work() as session:
        user = signing_in.sign_in_demo_person(session, Role(role), now=utc_now())
    sessions.start(user, utc_now())
    return redirect(_destination(user.held))


def _sign_in_page(refused: str | None = None) -> str:
    next_path = request.values.get("next")
    return render_template(
        "accounts/sign_in.html",
        refused=refused,
        next_path=safe_next(next_path) or "",
        demo_buttons=DEMO_BUTTONS,
    )


def _destination(roles: frozenset[Role]) -> str:
    """Where to go after signing in: the page that was asked for, if it may be opened."""
    wanted = safe_next(request.values.get("next"))
    if wanted and may_open(current_app, wanted.partition("?")[0], roles):
        return wanted
    return landing_page(roles)


@dataclass(frozen=True)
class ComingPage:
    """A page that some roles land on and that is not built yet."""

    path: str
    title: str
    will_show: str

    @property
    def roles(self) -> tuple[Role, ...]:
        """Everybody who lands on it."""
        return tuple(role for role, path in LANDING.items() if path == self.path)


COMING_PAGES: Final = (
    ComingPage("/unit", "Unit", "counts of the unit's referrals, and approvals"),
    ComingPage("/verification", "Verification", "the records checks and decisions that wait"),
    ComingPage("/cases", "Cases", "cases, tasks and contacts"),
    ComingPage("/meetings", "Meetings", "the weekly partner meeting and the waiting list"),
    ComingPage("/planning", "Planning", "scenarios for a larger zone"),
    ComingPage("/outcomes", "Outcomes", "what changed for people, and the evaluation"),
    ComingPage("/admin", "Administration", "accounts, devices and the audit record"),
)


def _add_coming_page(page: ComingPage) -> None:
    @allows(*page.roles)
    def not_built_yet() -> ResponseReturnValue:
        return render_template("accounts/not_built_yet.html", page=page)

    blueprint.add_url_rule(page.path, f"coming{page.path.replace('/', '_')}", not_built_yet)


for _page in COMING_PAGES:
    _add_coming_page(_page)
