"""What was acknowledged is stored once, whenever the service is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app import create_app
from app.audit import service as audit
from app.config import Settings, encode_root_key
from app.db import db, reading

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 4
WRITES_BEFORE_THE_KILL = 12
WRITER = """
import sys, uuid
from datetime import UTC, datetime
from app import create_app
from app.accounts import service as accounts
from app.db import unit_of_work
app = create_app()
now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
with app.app_context(), unit_of_work() as session:
    accounts.ensure_demo_people(session, now=now)
client = app.test_client()
headers = {"Sec-Fetch-Site": "same-origin"}
client.post("/demonstration/sign-in/officer", headers=headers)
content = {
    "kind": "social_contact", "occurred_at": "2026-11-20T10:00:00-05:00", "lat": 39.2916,
    "lon": -76.6216, "location_source": "gps", "willing": "yes", "person": None,
    "concern": "drug_possession",
}
while True:
    key = str(uuid.uuid4())
    sys.stdout.write(f"sending {key}\\n"); sys.stdout.flush()
    answer = client.put(f"/api/v1/referrals/{key}", json=content, headers=headers)
    sys.stdout.write(f"{answer.status_code} {key}\\n"); sys.stdout.flush()
"""


@pytest.mark.slow
def test_a_kill_loses_nothing_acknowledged_and_doubles_nothing(template_dir, tmp_path):
    database = tmp_path / "lead.sqlite3"
    database.write_bytes((template_dir / "lead.sqlite3").read_bytes())
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LEAD_")},
        "LEAD_MODE": "demonstration",
        "LEAD_DATABASE_URL": f"sqlite:///{database}",
        "LEAD_ROOT_KEY": encode_root_key(bytes(range(32))),
        "LEAD_INSTANCE_DIR": str(tmp_path),
    }

    lines = [line for _ in range(ROUNDS) for line in write_until_killed(environment)]

    acknowledged = [line.split()[1] for line in lines if line.startswith("201")]
    sent = {line.split()[1] for line in lines if line.startswith("sending")}
    assert len(acknowledged) >= ROUNDS * WRITES_BEFORE_THE_KILL
    with create_app(Settings.from_env(environment)).app_context(), reading() as session:
        stored = session.execute(text("SELECT uuid FROM referral")).scalars().all()
        assert len(stored) == len(set(stored))
        assert set(acknowledged) <= set(stored) <= sent
        counted = text("SELECT count(*) FROM audit_event WHERE subject_kind = 'referral'")
        assert session.execute(counted).scalar() == len(stored)
        assert audit.verify(session).is_whole
        db.engine.dispose()


def write_until_killed(environment):
    """Lines of a writer that was killed in the middle of its work."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in writer.stdout:
        lines.append(line.strip())
        is_enough = sum(line.startswith("201") for line in lines) >= WRITES_BEFORE_THE_KILL
        if is_enough and line.startswith("sending"):
            break
    writer.send_signal(signal.SIGKILL)  # while the write just announced is under way
    rest, _ = writer.communicate(timeout=30)
    return lines + [line for line in rest.splitlines() if line.count(" ") == 1]
