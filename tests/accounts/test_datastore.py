"""What Flask-Security stores goes through the one way to write."""

from app.accounts.models import User
from app.db import reading


def test_put_is_written_at_commit_and_not_before(app, add_person):
    add_person("casey@example.org")
    with app.test_request_context():
        store = app.extensions["security"].datastore
        user = store.find_user(case_insensitive=True, email="CASEY@example.org")
        user.name = "Another Name"
        store.put(user)
        with reading() as session:
            assert session.get(User, user.id).name == "Casey Example"
        store.commit()
        store.commit()
        with reading() as session:
            assert session.get(User, user.id).name == "Another Name"


def test_delete_is_written_at_commit(app, add_person):
    add_person("casey@example.org")
    with app.test_request_context():
        store = app.extensions["security"].datastore
        store.delete(store.find_user(email="casey@example.org"))
        store.commit()
        assert store.find_user(email="casey@example.org") is None
