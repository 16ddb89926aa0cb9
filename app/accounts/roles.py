"""The roles people hold, the scopes tokens carry, and which page each role lands on."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What a person does in the programme; one person may hold several."""

    OFFICER = "officer"
    SERGEANT = "sergeant"
    RECORDS_CHECKER = "records_checker"
    PROSECUTOR = "prosecutor"
    PARTNER = "partner"
    CASE_MANAGER = "case_manager"
    PEER = "peer"
    CASE_SUPERVISOR = "case_supervisor"
    PROGRAMME_MANAGER = "programme_manager"
    COMMANDER = "commander"
    PLANNER = "planner"
    EVALUATOR = "evaluator"
    ADMIN = "admin"

    @property
    def words(self) -> str:
        """The role as people say it: `records checker`."""
        return self.value.replace("_", " ")


class Scope(StrEnum):
    """What a token may be used for; it never gives more than its user's roles."""

    ZONES_READ = "zones:read"
    REFERRALS_WRITE = "referrals:write"
    REFERRALS_READ = "referrals:read"
    VERIFICATION_WRITE = "verification:write"
    CASES_WRITE = "cases:write"
    MAPS_READ = "maps:read"
    PLANNING_READ = "planning:read"
    PLANNING_WRITE = "planning:write"
    OUTCOMES_READ = "outcomes:read"
    AUDIT_READ = "audit:read"
    METRICS_READ = "metrics:read"


ANY_ROLE: Final = tuple(Role)
"""Everybody who is signed in."""

SCOPE_ROLES: Final[Mapping[Scope, frozenset[Role]]] = MappingProxyType(
    {
        Scope.ZONES_READ: frozenset(ANY_ROLE),
        Scope.REFERRALS_WRITE: frozenset({Role.OFFICER, Role.SERGEANT}),
        Scope.REFERRALS_READ: frozenset(
            {
                Role.OFFICER,
                Role.SERGEANT,
                Role.RECORDS_CHECKER,
                Role.PROSECUTOR,
                Role.PARTNER,
                Role.CASE_MANAGER,
                Role.PEER,
                Role.CASE_SUPERVISOR,
                Role.PROGRAMME_MANAGER,
            }
        ),
        Scope.VERIFICATION_WRITE: frozenset(
            {Role.RECORDS_CHECKER, Role.PROSECUTOR, Role.PARTNER, Role.PROGRAMME_MANAGER}
        ),
        Scope.CASES_WRITE: frozenset(
            {Role.OFFICER, Role.CASE_MANAGER, Role.PEER, Role.CASE_SUPERVISOR}
        ),
        Scope.MAPS_READ: frozenset(
            {Role.COMMANDER, Role.PLANNER, Role.EVALUATOR, Role.PROGRAMME_MANAGER}
        ),
        Scope.PLANNING_READ: frozenset(
            {Role.PLANNER, Role.COMMANDER, Role.EVALUATOR, Role.PROGRAMME_MANAGER}
        ),
        Scope.PLANNING_WRITE: frozenset({Role.PLANNER}),
        Scope.OUTCOMES_READ: frozenset({Role.EVALUATOR, Role.PROGRAMME_MANAGER}),
        Scope.AUDIT_READ: frozenset({Role.ADMIN}),
        Scope.METRICS_READ: frozenset({Role.ADMIN}),
    }
)
"""The roles a scope can act for. The officer confirms a hand-off, so `cases:write` names it."""

LANDING: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.OFFICER: "/field",
        Role.SERGEANT: "/unit",
        Role.RECORDS_CHECKER: "/verification",
        Role.PROSECUTOR: "/verification",
        Role.PARTNER: "/verification",
        Role.CASE_MANAGER: "/cases",
        Role.PEER: "/cases",
        Role.CASE_SUPERVISOR: "/cases",
        Role.PROGRAMME_MANAGER: "/meetings",
        Role.COMMANDER: "/maps",
        Role.PLANNER: "/planning",
        Role.EVALUATOR: "/outcomes",
        Role.ADMIN: "/admin",
    }
)


def landing_page(roles: Iterable[Role]) -> str:
    """Where a person with these roles starts: the page of the first one in the order of `Role`.

    Raises:
        ValueError: no role at all.
    """
    held = frozenset(roles)
    for role in Role:
        if role in held:
            return LANDING[role]
    raise ValueError("a person without a role has no page")


def roles_from(names: Iterable[str]) -> frozenset[Role]:
    """The roles behind stored names; an unknown name raises ValueError."""
    return frozenset(Role(name) for name in names)
