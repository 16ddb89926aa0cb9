import pytest

from app.accounts.passwords import common_passwords
from app.accounts.rules import is_lock_due, normal_email, normal_password, password_problem

EMAIL = "jordan.whitfield@example.org"


@pytest.mark.parametrize(
    "password",
    [
        "violet tram orchard gravity",
        "Kq7#fR2!vLp9&xZt",
        "møøse gåte vindu lampe",
        "x" * 4 + "yzklmbvrtpw",
    ],
)
def test_long_and_uncommon_passwords_are_taken(password):
    assert password_problem(password, email=EMAIL, common=common_passwords()) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Kq7#fR2!vLp9&x", "at least 15"),
        ("Kq7#" * 33, "at most 128"),
        ("abababababababab", "different characters"),
        ("Password12345678", "guessed first"),
        ("p4$$w0rd-p4$$w0rd", "guessed first"),
        ("Baltimore-Police-2026", "guessed first"),
        ("123456789012345", "guessed first"),
        ("jordan.whitfield-2026", "guessed first"),
        ("qwertyuiopasdfghjkl", "guessed first"),
        ("correct horse battery staple", "guessed first"),
    ],
)
def test_guessable_passwords_are_refused_with_the_reason(password, why):
    problem = password_problem(password, email=EMAIL, common=common_passwords())
    assert problem is not None
    assert why in problem


def test_the_same_password_typed_on_two_keyboards_is_one():
    assert normal_password("cafe\u0301") == normal_password("caf\u00e9")


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Casey@Example.ORG ", "casey@example.org"),
        ("a.b+c@example.org", "a.b+c@example.org"),
        ("no-at-sign", None),
        ("two@at@example.org", None),
        ("spaced name@example.org", None),
        ("line\nbreak@example.org", None),
        ("", None),
        ("a" * 65 + "@example.org", None),
    ],
)
def test_addresses_have_one_spelling(text, email):
    assert normal_email(text) == email


def test_the_fifth_wrong_try_locks():
    assert not is_lock_due(4)
    assert is_lock_due(5)
