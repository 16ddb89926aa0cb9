import json

import pytest

from app.accounts import service
from app.db import reading

PASSWORD = "violet tram orchard gravity"
EMAIL = "casey@example.org"


@pytest.fixture
def run(app):
    """Run a command as an operator would, and give its result."""

    def run(*words, typed=None):
        return app.test_cli_runner().invoke(args=words, input=typed)

    return run


@pytest.fixture
def casey(run):
    words = ("user", "create", EMAIL, "--name", "Casey", "--role", "officer", "--role", "peer")
    result = run(*words, "--password-stdin", typed=f"{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    return result


def test_create_says_in_one_line_who_may_sign_in(casey, audit_actions):
    assert casey.stdout == "casey@example.org may sign in as officer, peer.\n"
    assert audit_actions()[-3:] == ["account.created", "role.granted", "role.granted"]


def test_create_asks_twice_for_the_password_and_does_not_show_it(run):
    words = ("user", "create", EMAIL, "--name", "Casey", "--role", "officer")
    result = run(*words, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output


@pytest.mark.parametrize(
    ("words", "typed", "code", "says"),
    [
        (["--name", "C", "--role", "officer"], "short\n", 1, "weak_password"),
        (["--name", "C", "--role", "mayor"], f"{PASSWORD}\n", 2, "mayor"),
        (["--name", "C"], f"{PASSWORD}\n", 2, "--role"),
        (["--name", "", "--role", "officer"], f"{PASSWORD}\n", 1, "invalid_input"),
    ],
)
def test_create_refuses_in_words(run, words, typed, code, says):
    result = run("user", "create", EMAIL, *words, "--password-stdin", typed=typed)
    assert result.exit_code == code
    assert says in result.stderr
    assert result.stdout == ""


def test_a_name_is_taken_from_the_address_when_none_is_given(run):
    words = ("user", "create", EMAIL, "--role", "officer", "--password-stdin", "--json")
    result = run(*words, typed=f"{PASSWORD}\n")
    assert json.loads(result.stdout)["name"] == "casey"


def test_create_twice_says_exists(run, casey):
    words = ("user", "create", EMAIL, "--name", "C", "--role", "peer", "--password-stdin")
    result = run(*words, typed=f"{PASSWORD}\n")
    assert result.exit_code == 1
    assert result.stderr.startswith("exists:")


def test_json_is_one_object_and_nothing_else(run, casey):
    result = run("user", "roles", EMAIL, "--role", "commander", "--json")
    assert json.loads(result.stdout)["roles"] == ["commander"]
    listed = json.loads(run("user", "list", "--json").stdout)
    assert [person["email"] for person in listed["users"]] == [EMAIL]
    assert "password" not in json.dumps(listed)


def test_disable_enable_unlock_and_password_each_say_what_they_did(app, run, casey, audit_actions):
    for command, typed in (
        (("disable", EMAIL), None),
        (("enable", EMAIL), None),
        (("unlock", EMAIL), None),
        (("password", EMAIL, "--password-stdin"), "walnut bridge cloud seven\n"),
    ):
        result = run("user", *command, typed=typed)
        assert result.exit_code == 0, result.output
        assert result.stdout.count("\n") == 1
    assert audit_actions()[-4:] == [
        "account.disabled",
        "account.enabled",
        "account.unlocked",
        "account.password_set",
    ]
    with app.app_context(), reading() as session:
        assert service.people(session)[0].is_active


@pytest.mark.parametrize("command", ["disable", "unlock"])
def test_an_unknown_person_exits_1(run, command):
    result = run("user", command, "nobody@example.org")
    assert result.exit_code == 1
    assert result.stderr.startswith("not_found:")


def test_token_create_prints_the_token_alone_on_the_last_line(run, casey, audit_actions):
    words = ("token", "create", "--user", EMAIL, "--scope", "zones:read", "--scope", "maps:read")
    result = run(*words)
    assert result.exit_code == 0, result.output
    token = result.stdout.splitlines()[-1]
    prefix = token.split("_")[1]
    assert token.startswith("lead_")

    listed = json.loads(run("token", "list", "--json").stdout)["tokens"]
    assert listed[0]["prefix"] == prefix
    assert listed[0]["scopes"] == ["maps:read", "zones:read"]
    assert token not in run("token", "list").stdout

    assert run("token", "revoke", prefix).stdout == f"Token {prefix} is revoked.\n"
    assert "revoked" in run("token", "list").stdout
    written = [action for action in audit_actions() if action != "token.listed"]
    assert written[-2:] == ["token.created", "token.revoked"]


def test_token_create_takes_every_scope_for_every_user(run, casey):
    words = ("token", "create", "--user", EMAIL, "--scope", "audit:read", "--days", "7", "--json")
    made = json.loads(run(*words).stdout)
    assert made["scopes"] == ["audit:read"]
    assert made["token"].startswith("lead_")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--user", "nobody@example.org", "--scope", "zones:read"], 1),
        (["--user", EMAIL, "--scope", "everything"], 2),
        (["--user", EMAIL], 2),
        (["--user", EMAIL, "--scope", "zones:read", "--days", "0"], 2),
        (["--user", EMAIL, "--scope", "zones:read", "--days", "367"], 2),
    ],
)
def test_token_create_refuses_in_words(run, casey, words, code):
    result = run("token", "create", *words)
    assert result.exit_code == code
    assert result.stdout == ""
