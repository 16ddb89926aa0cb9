"""Loading, publishing, and evaluations that stay as they were made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from app.audit.service import Actor
from app.screening import service
from app.screening.service import Facts, Outcome

BALTIMORE_2017 = Path(__file__).parents[2] / "data" / "criteria" / "bpd-806-2017.yaml"
OPERATOR = Actor(name="os:tester", user_id=None, roles=(), channel="cli")
OFFICER = Actor(name="user:1", user_id=1, roles=("officer",), channel="api")
DAY = timedelta(days=1)
FACTS = Facts(
    age_years=30,
    offence_category="drug_possession",
    drug_is_recorded=True,
    drug_grams=2.0,
    is_inside_zone=True,
    willing="yes",
)


@pytest.fixture
def file(tmp_path):
    """A copy of the 2017 file under another id, with words replaced."""

    def write(**replaced):
        text = BALTIMORE_2017.read_text(encoding="utf-8").replace("bpd-806-2017", "test-set")
        for old, new in replaced.get("words", ()):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path = tmp_path / "criteria.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def put_in_force(session, path, now):
    label = service.load_criteria(session, path, actor=OPERATOR, now=now).label
    return service.publish(session, label, actor=OPERATOR, now=now)


def evaluate(session, now, facts=FACTS, at=None, subject_id="r1"):
    return service.evaluate(
        session,
        kind="arrest_diversion",
        facts=facts,
        at=at or now,
        now=now,
        evaluator=OFFICER,
        subject_id=subject_id,
    )


def test_a_loaded_file_is_a_draft_and_changes_nothing_until_it_is_published(session, file, now):
    put_in_force(session, file(), now)
    draft = service.load_criteria(
        session, file(words=[("at_least: 18", "at_least: 31")]), actor=OPERATOR, now=now
    )

    assert draft.is_draft
    assert evaluate(session, now).outcome is Outcome.NEEDS_VERIFICATION
    service.publish(session, draft.label, actor=OPERATOR, now=now + DAY)
    after = evaluate(session, now)
    assert (after.outcome, after.criteria_version) == (Outcome.INELIGIBLE, draft.label)


def test_a_limit_set_in_the_file_changes_the_outcome_without_code(session, file, now):
    put_in_force(session, file(), now)
    unset = evaluate(session, now)
    put_in_force(session, file(words=[("      limit: null", "      limit: 1")]), now)
    over = evaluate(session, now)

    assert unset.outcome is Outcome.NEEDS_VERIFICATION
    assert "NV_CRITERION_UNSET" in [reason.code for reason in unset.reasons]
    assert (over.outcome, over.reasons[0].code) == (Outcome.INELIGIBLE, "IN_AMOUNT")


def test_a_stored_evaluation_keeps_its_version_and_its_words(session, file, now):
    put_in_force(session, file(), now)
    first = evaluate(session, now)
    put_in_force(session, file(words=[("at_least: 18", "at_least: 31")]), now + DAY)
    second = evaluate(session, now + DAY)

    assert service.get_screening(session, first.id) == first
    assert service.get_screening(session, second.id) == second
    assert first.criteria_version != second.criteria_version
    assert service.inputs_of(session, first.id)["age_years"] == 30


def test_the_facts_are_sealed_in_the_table(session, file, now):
    put_in_force(session, file(), now)
    stored = evaluate(session, now, facts=Facts(drug_kind="plantedword", willing="yes"))
    row = session.execute(
        sql("SELECT * FROM screening_evaluation WHERE id = :id"), {"id": stored.id}
    ).one()

    assert service.inputs_of(session, stored.id)["drug_kind"] == "plantedword"
    assert "plantedword" not in repr(tuple(row))


def test_the_same_file_again_is_the_same_version_and_an_older_one_is_a_new_draft(
    session, file, now
):
    original = put_in_force(session, file(), now)
    again = service.load_criteria(session, file(), actor=OPERATOR, now=now)
    changed = put_in_force(session, file(words=[("at_least: 18", "at_least: 21")]), now)
    back = service.load_criteria(session, file(), actor=OPERATOR, now=now)

    assert again == original
    assert [original.number, changed.number, back.number] == [1, 2, 3]
    assert back.is_draft


def test_the_set_that_starts_last_is_in_force_from_its_first_midnight(session, file, now):
    put_in_force(session, file(), now)
    put_in_force(
        session,
        file(words=[("effective_from: 2017-02-08", "effective_from: 2020-03-26")]),
        now,
    )
    midnight = datetime(2020, 3, 26, 4, 0, tzinfo=UTC)  # 00:00 in Baltimore, summer time

    assert service.criteria_in_force(session, midnight).label == "test-set-v2"
    before = service.criteria_in_force(session, midnight - timedelta(seconds=1))
    assert before.label == "test-set-v1"


def test_before_the_first_set_and_after_the_last_there_is_none(session, file, now):
    put_in_force(session, file(words=[("effective_to: null", "effective_to: 2018-01-01")]), now)
    launch = datetime(2017, 2, 8, 5, 0, tzinfo=UTC)

    with pytest.raises(service.NoCriteriaInForce):
        service.criteria_in_force(session, launch - timedelta(seconds=1))
    assert service.criteria_in_force(session, launch).label.startswith(("test-set", "bpd-806"))


def test_the_newest_draft_of_the_only_set_with_drafts_is_published(session, file, now):
    with pytest.raises(service.NoDraft, match="no draft to publish"):
        service.publish(session, actor=OPERATOR, now=now)
    label = service.load_criteria(session, file(), actor=OPERATOR, now=now).label
    assert service.publish(session, actor=OPERATOR, now=now).label == label
    with pytest.raises(service.AlreadyPublished):
        service.publish(session, label, actor=OPERATOR, now=now)
    for at_least in (21, 25):
        words = [("at_least: 18", f"at_least: {at_least}")]
        service.load_criteria(session, file(words=words), actor=OPERATOR, now=now)
    assert service.publish(session, "test-set", actor=OPERATOR, now=now).label == "test-set-v3"
    assert service.publish(session, "test-set-v2", actor=OPERATOR, now=now).number == 2


def test_with_drafts_of_several_sets_one_is_named(session, file, now):
    service.load_criteria(session, file(), actor=OPERATOR, now=now)
    words = [("id: test-set", "id: other-set")]
    service.load_criteria(session, file(words=words), actor=OPERATOR, now=now)

    with pytest.raises(service.NoDraft, match="other-set-v1, test-set-v1"):
        service.publish(session, actor=OPERATOR, now=now)
    with pytest.raises(service.NoDraft):
        service.publish(session, "nothing", actor=OPERATOR, now=now)
    assert service.publish(session, "other-set", actor=OPERATOR, now=now).label == "other-set-v1"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"criteria_set: {"])
def test_a_file_that_cannot_be_read_stores_nothing(session, tmp_path, now, content):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    before = service.versions(session)

    with pytest.raises(service.InvalidCriteria):
        service.load_criteria(session, path, actor=OPERATOR, now=now)
    assert service.versions(session) == before
