"""Operator commands for people and tokens."""

import json
import sys
from datetime import datetime
from typing import Any

import click
from flask.cli import AppGroup

from app.accounts import rules, service, tokens
from app.accounts.roles import Role, Scope
from app.audit.service import operator, record_listing
from app.db import unit_of_work
from app.web.commands import clock, explains_errors, json_option

cli = AppGroup("user", help="People who may sign in.")
token_cli = AppGroup("token", help="Tokens with which programs act for a person.")

ROLE = click.Choice([role.value for role in Role])
SCOPE = click.Choice([scope.value for scope in Scope])
DAYS = click.IntRange(1, rules.TOKEN_DAYS_MAX)

password_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from the first line of standard input.",
)


@cli.command("create")
@click.argument("email")
@click.option("--name", help="How the person is called on screen; by default as in EMAIL.")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="May be repeated.")
@password_option
@json_option
@explains_errors
def create(
    email: str, name: str | None, roles: tuple[str, ...], password_stdin: bool, as_json: bool
) -> None:
    """Add a person who signs in with EMAIL and a password of at least 15 characters."""
    password = _password(password_stdin)
    with unit_of_work() as session:
        person = service.create_person(
            session,
            email,
            name=email.partition("@")[0] if name is None else name,
            roles=[Role(role) for role in roles],
            password=password,
            actor=operator(),
            now=clock(),
        )
    _say(as_json, _as_json(person), f"{person.email} may sign in as {_words(person)}.")


@cli.command("password")
@click.argument("email")
@password_option
@json_option
@explains_errors
def password(email: str, password_stdin: bool, as_json: bool) -> None:
    """Give EMAIL a new password; open sessions end."""
    new_password = _password(password_stdin)
    with unit_of_work() as session:
        person = service.set_password(session, email, new_password, actor=operator(), now=clock())
    _say(as_json, _as_json(person), f"{person.email} has a new password.")


@cli.command("roles")
@click.argument("email")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="May be repeated.")
@json_option
@explains_errors
def roles(email: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Give EMAIL exactly these roles."""
    wanted = [Role(role) for role in roles]
    with unit_of_work() as session:
        person = service.set_roles(session, email, wanted, actor=operator(), now=clock())
    _say(as_json, _as_json(person), f"{person.email} is now {_words(person)}.")


@cli.command("disable")
@click.argument("email")
@json_option
@explains_errors
def disable(email: str, as_json: bool) -> None:
    """Close the account of EMAIL; sessions and tokens end at once."""
    with unit_of_work() as session:
        person = service.disable(session, email, actor=operator(), now=clock())
    _say(as_json, _as_json(person), f"{person.email} is closed; sessions and tokens have ended.")


@cli.command("enable")
@click.argument("email")
@json_option
@explains_errors
def enable(email: str, as_json: bool) -> None:
    """Open the closed account of EMAIL again."""
    with unit_of_work() as session:
        person = service.enable(session, email, actor=operator(), now=clock())
    _say(as_json, _as_json(person), f"{person.email} is open again.")


@cli.command("unlock")
@click.argument("email")
@json_option
@explains_errors
def unlock(email: str, as_json: bool) -> None:
    """Let EMAIL sign in again after too many wrong passwords."""
    with unit_of_work() as session:
        person = service.unlock(session, email, actor=operator(), now=clock())
    _say(as_json, _as_json(person), f"{person.email} is unlocked.")


@cli.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """Show everybody with an account."""
    with unit_of_work() as session:
        found = service.people(session)
        record_listing(session, "user", now=clock())
    if as_json:
        click.echo(json.dumps({"users": [_as_json(person) for person in found]}))
        return
    for person in found:
        state = "closed" if not person.is_active else "locked" if person.is_locked else "open"
        last = _day(person.last_sign_in_at_utc)
        click.echo(f"{person.email}\t{state}\t{_words(person)}\tlast signed in {last}")


@token_cli.command("create")
@click.option("--user", "email", required=True, help="Address of the person it acts for.")
@click.option("--scope", "scopes", type=SCOPE, multiple=True, required=True, help="Repeatable.")
@click.option("--days", default=90, show_default=True, type=DAYS, help="How long it lives.")
@json_option
@explains_errors
def create_token(email: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token; it is shown once, alone on the last line."""
    with unit_of_work() as session:
        token = tokens.create_token(
            session,
            email,
            [Scope(scope) for scope in scopes],
            days=days,
            actor=operator(),
            now=clock(),
        )
    if as_json:
        click.echo(
            json.dumps(
                {
                    "token": token.text,
                    "prefix": token.prefix,
                    "scopes": list(token.scopes),
                    "expires_at": token.expires_at_utc.isoformat(),
                }
            )
        )
        return
    until = _day(token.expires_at_utc)
    click.echo(f"Token {token.prefix} is valid until {until}. Keep it now; it is not stored.")
    click.echo(token.text)


@token_cli.command("list")
@json_option
def list_tokens(as_json: bool) -> None:
    """Show every token by its prefix; the token itself is not kept."""
    with unit_of_work() as session:
        found = tokens.tokens(session)
        record_listing(session, "token", now=clock())
    if as_json:
        click.echo(json.dumps({"tokens": [_token_as_json(row) for row in found]}))
        return
    now = clock()
    for row in found:
        state = "revoked" if row.revoked_at_utc else "valid" if row.expires_at_utc > now else "over"
        scopes = " ".join(row.scopes)
        click.echo(
            f"{row.prefix}\t{state}\t{row.email}\t{scopes}\tuntil {_day(row.expires_at_utc)}"
        )


@token_cli.command("revoke")
@click.argument("prefix")
@json_option
@explains_errors
def revoke_token(prefix: str, as_json: bool) -> None:
    """End the token with this PREFIX at once."""
    with unit_of_work() as session:
        tokens.revoke_token(session, prefix, actor=operator(), now=clock())
    _say(as_json, {"prefix": prefix, "revoked": True}, f"Token {prefix} is revoked.")


def _password(is_from_stdin: bool) -> str:
    if is_from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    answer = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return str(answer)


def _say(as_json: bool, content: dict[str, Any], sentence: str) -> None:
    click.echo(json.dumps(content) if as_json else sentence)


def _words(person: service.Person) -> str:
    return ", ".join(role.words for role in person.roles)


def _as_json(person: service.Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "roles": list(person.roles),
        "active": person.is_active,
        "locked": person.is_locked,
        "last_sign_in_at": _instant(person.last_sign_in_at_utc),
    }


def _token_as_json(row: tokens.TokenRow) -> dict[str, Any]:
    return {
        "prefix": row.prefix,
        "user": row.email,
        "scopes": list(row.scopes),
        "created_at": _instant(row.created_at_utc),
        "expires_at": _instant(row.expires_at_utc),
        "revoked_at": _instant(row.revoked_at_utc),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _day(at: datetime | None) -> str:
    return f"{at:%d %b %Y}".lstrip("0") if at else "never"
