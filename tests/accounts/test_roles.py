import pytest

from app.accounts.roles import LANDING, SCOPE_ROLES, Role, Scope, landing_page


def test_every_role_has_a_page_and_every_scope_has_roles():
    assert set(LANDING) == set(Role)
    assert set(SCOPE_ROLES) == set(Scope)
    assert all(SCOPE_ROLES.values())


def test_thirteen_roles_are_called_by_their_words():
    assert len(Role) == 13
    assert Role.PROGRAMME_MANAGER.words == "programme manager"
    assert Role.OFFICER.words == "officer"


@pytest.mark.parametrize(
    ("roles", "page"),
    [
        ([Role.OFFICER], "/field"),
        ([Role.ADMIN, Role.SERGEANT], "/unit"),
        ([Role.PEER, Role.PLANNER], "/cases"),
    ],
)
def test_a_person_lands_on_the_page_of_the_first_role(roles, page):
    assert landing_page(roles) == page


def test_nobody_lands_without_a_role():
    with pytest.raises(ValueError, match="without a role"):
        landing_page([])
