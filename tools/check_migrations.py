"""Say whether the migrations make the tables the models describe, on a fresh database.

usage: python tools/check_migrations.py
"""

import sys
import tempfile
from pathlib import Path

from flask_migrate import check, upgrade

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from app.config import ROOT, Settings


def main() -> int:
    head = (ROOT / "migrations" / "HEAD").read_text(encoding="utf-8").strip()
    numbered = sorted(path.stem for path in (ROOT / "migrations" / "versions").glob("0*.py"))
    if not numbered or numbered[-1] != head:
        print(f"migrations/HEAD says {head}, the newest migration is {numbered[-1:]}")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            mode="demonstration",
            database_url=f"sqlite:///{folder}/check.sqlite3",
            root_key=bytes(32),
            instance_dir=Path(folder),
        )
        with create_app(settings).app_context():
            upgrade()
            check()
    print(f"Migrations up to {head} make the tables the models describe.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
