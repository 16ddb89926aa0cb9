"""Every operator command leaves a line in the audit record."""

import pytest
from sqlalchemy import text

from app.db import db

LISTINGS = [
    ["zone", "list"],
    ["incidents", "list"],
    ["criteria", "list"],
    ["user", "list"],
    ["token", "list"],
    ["audit", "head"],
    ["audit", "verify"],
    ["zone", "check", "--lat", "39.2916", "--lon", "-76.6216"],
    ["zone", "find", "Eutaw & Lexington"],
    ["zone", "export"],
]


def audit_rows(app):
    with app.app_context(), db.engine.connect() as connection:
        return connection.execute(text("SELECT actor FROM audit_event")).scalars().all()


@pytest.mark.parametrize("arguments", LISTINGS, ids=" ".join)
def test_a_command_that_only_looks_is_recorded_with_the_operator(app, arguments):
    before = audit_rows(app)

    result = app.test_cli_runner().invoke(args=arguments)

    assert result.exit_code == 0, result.output
    added = audit_rows(app)[len(before) :]
    assert len(added) == 1
    assert added[0].startswith("os:")


def test_a_head_that_is_printed_is_found_again(app):
    runner = app.test_cli_runner()
    head = runner.invoke(args=["audit", "head"]).output.strip()
    runner.invoke(args=["zone", "list"])

    assert runner.invoke(args=["audit", "verify", "--head", head]).exit_code == 0
