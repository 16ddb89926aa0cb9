"""Load and publish criteria; evaluate a subject under those in force."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.service import Actor
from app.db import keys_of, site_zone_of
from app.errors import Conflict, InvalidInput, NotFound
from app.screening.criteria import CriteriaSet, Facts, Level, Span
from app.screening.criteria_file import MAX_CHARACTERS, parse_criteria
from app.screening.models import CriteriaVersion, ScreeningEvaluation
from app.screening.rules import Outcome, Reason, evaluate_rules
from app.screening.yaml_lines import InvalidCriteria

__all__ = ["Facts", "Level", "Outcome", "Reason", "Span"]

REFERRAL: Final = "referral"


class NoCriteriaInForce(InvalidInput):
    """The moment lies before the first published criteria, or in a gap between two sets."""

    code = "no_criteria_in_force"


class NoDraft(NotFound):
    """There is no loaded draft of that name, or more than one to choose from."""

    code = "no_draft"


class AlreadyPublished(Conflict):
    """A published version stays as it is."""

    code = "already_published"


@dataclass(frozen=True)
class CriteriaVersionInfo:
    """A loaded criteria set, its dates, and whether it is in use."""

    label: str
    set_id: str
    number: int
    effective_from: date
    """The site's day at whose midnight it starts."""
    effective_to: date | None
    source_document: str
    published_at_utc: datetime | None

    @property
    def is_draft(self) -> bool:
        return self.published_at_utc is None


@dataclass(frozen=True)
class CriteriaInForce:
    """The set that counts at a moment."""

    version_id: int
    label: str
    criteria: CriteriaSet


@dataclass(frozen=True)
class Screening:
    """A stored evaluation: what was said, under which version, and why."""

    id: int
    outcome: Outcome
    criteria_version: str
    reasons: tuple[Reason, ...]
    level: Level
    pending: tuple[str, ...]
    """Rules that later checkers will answer."""
    evaluated_at_utc: datetime


def load_criteria(
    session: Session, path: Path, *, actor: Actor, now: datetime
) -> CriteriaVersionInfo:
    """Store a criteria file as a draft; the newest version's own file gives that version again.

    Raises:
        InvalidCriteria: naming the line and the rule.
    """
    text = _read(path)
    criteria = parse_criteria(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    newest = session.scalar(
        select(CriteriaVersion)
        .filter_by(set_id=criteria.set_id)
        .order_by(CriteriaVersion.number.desc())
        .limit(1)
    )
    if newest is not None and newest.text_sha256 == digest:
        return _info(newest)
    version = CriteriaVersion(
        set_id=criteria.set_id,
        number=(newest.number if newest else 0) + 1,
        effective_from_utc=_midnight(session, criteria.effective_from),
        effective_to_utc=_midnight(session, criteria.effective_to)
        if criteria.effective_to
        else None,
        source_document=criteria.source_document,
        authority=criteria.authority,
        text=text,
        text_sha256=digest,
        loaded_at_utc=now,
        loaded_by=actor.name,
    )
    session.add(version)
    session.flush()
    _audit(session, "criteria.loaded", version, actor=actor, now=now)
    return _info(version)


def publish(
    session: Session, name: str | None = None, *, actor: Actor, now: datetime
) -> CriteriaVersionInfo:
    """Put a loaded draft in force by its dates.

    Args:
        name: a version's label, or a set's id for its newest draft; None where only one set has
            drafts.

    Raises:
        NoDraft: there is no such draft, or several sets have one.
        AlreadyPublished: the version is published and stays as it is.
    """
    version = _find_version(session, name)
    if version.published_at_utc is not None:
        raise AlreadyPublished(
            f"{version.label} is published already. Load a changed file instead."
        )
    version.published_at_utc = now
    version.published_by = actor.name
    session.flush()
    _audit(session, "criteria_publish", version, actor=actor, now=now)
    return _info(version)


def versions(session: Session) -> tuple[CriteriaVersionInfo, ...]:
    """Every loaded version, drafts too, by the day they start and then by number."""
    rows = session.scalars(
        select(CriteriaVersion).order_by(
            CriteriaVersion.effective_from_utc, CriteriaVersion.set_id, CriteriaVersion.number
        )
    )
    return tuple(_info(row) for row in rows)


def criteria_in_force(session: Session, at: datetime) -> CriteriaInForce:
    """The published set whose dates hold at `at`; of several, the one that starts last.

    A correction published under the same dates replaces the earlier one for evaluations to come;
    evaluations already made keep the version they were made under.

    Raises:
        NoCriteriaInForce: no published set covers that moment.
    """
    found = find_criteria_in_force(session, at)
    if found is None:
        raise NoCriteriaInForce(
            "No published criteria cover that day. Check the date, or ask the programme manager."
        )
    return found


def find_criteria_in_force(session: Session, at: datetime) -> CriteriaInForce | None:
    """As `criteria_in_force`, or None when no published set covers that moment."""
    version = session.scalar(
        select(CriteriaVersion)
        .where(
            CriteriaVersion.published_at_utc.is_not(None),
            CriteriaVersion.effective_from_utc <= at,
            CriteriaVersion.effective_to_utc.is_(None) | (CriteriaVersion.effective_to_utc > at),
        )
        .order_by(
            CriteriaVersion.effective_from_utc.desc(),
            CriteriaVersion.published_at_utc.desc(),
            CriteriaVersion.id.desc(),
        )
        .limit(1)
    )
    if version is None:
        return None
    return CriteriaInForce(version.id, version.label, parse_criteria(version.text))


def evaluate(
    session: Session,
    *,
    kind: str,
    facts: Facts,
    at: datetime,
    now: datetime,
    evaluator: Actor,
    subject_id: str,
    level: Level = Level.OFFICER,
) -> Screening:
    """Evaluate a referral under the criteria in force at `at` and store what was asked and said.

    Raises:
        NoCriteriaInForce: no published set covers `at`.
    """
    in_force = criteria_in_force(session, at)
    evaluation = evaluate_rules(in_force.criteria, facts, kind=kind, level=level)
    number = session.scalar(
        select(func.max(ScreeningEvaluation.number)).filter_by(
            subject_kind=REFERRAL, subject_id=subject_id
        )
    )
    row = ScreeningEvaluation(
        subject_kind=REFERRAL,
        subject_id=subject_id,
        number=(number or 0) + 1,
        level=level.value,
        criteria_version_id=in_force.version_id,
        outcome=evaluation.outcome.value,
        reasons=[asdict(reason) for reason in evaluation.reasons],
        results=[
            {"rule": finding.rule_code, "state": finding.state.value}
            for finding in evaluation.findings
        ],
        pending=list(evaluation.pending),
        evaluated_at_utc=now,
        evaluator=evaluator.name,
        evaluator_id=evaluator.user_id,
    )
    inputs = json.dumps({"kind": kind, **facts.as_json()}, sort_keys=True)
    row.facts_sealed = keys_of(session).seal(inputs, **row.facts_place())
    session.add(row)
    session.flush()
    return _screening(row, in_force.label)


def get_screening(session: Session, evaluation_id: int) -> Screening:
    """One stored evaluation as it was made.

    Raises:
        NotFound: there is none with this id.
    """
    found = session.execute(
        select(ScreeningEvaluation, CriteriaVersion)
        .join(CriteriaVersion, CriteriaVersion.id == ScreeningEvaluation.criteria_version_id)
        .where(ScreeningEvaluation.id == evaluation_id)
    ).first()
    if found is None:
        raise NotFound("There is no such evaluation.")
    return _screening(found[0], found[1].label)


def inputs_of(session: Session, evaluation_id: int) -> dict[str, Any]:
    """The facts an evaluation was made on, as they were.

    Raises:
        NotFound: there is none with this id.
    """
    row = session.get(ScreeningEvaluation, evaluation_id)
    if row is None:
        raise NotFound("There is no such evaluation.")
    opened: dict[str, Any] = json.loads(
        keys_of(session).open(row.facts_sealed, **row.facts_place())
    )
    return opened


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(4 * MAX_CHARACTERS + 1)
        return raw.decode("utf-8")
    except OSError as error:
        raise InvalidCriteria("The file cannot be opened. Check its name.") from error
    except UnicodeDecodeError as error:
        raise InvalidCriteria("The file is not UTF-8 text. Save it as UTF-8.") from error


def _midnight(session: Session, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=site_zone_of(session))


def _find_version(session: Session, name: str | None) -> CriteriaVersion:
    newest_first = select(CriteriaVersion).order_by(CriteriaVersion.number.desc())
    loaded = session.scalars(newest_first).all()
    for version in loaded:
        if version.label == name:
            return version
    drafts = [version for version in loaded if version.published_at_utc is None]
    wanted = [draft for draft in drafts if name in (None, draft.set_id)]
    if len({draft.set_id for draft in wanted}) == 1:
        return wanted[0]
    if wanted:
        names = ", ".join(sorted(draft.label for draft in wanted))
        raise NoDraft(f"There are drafts of several sets; name one of: {names}.")
    if name is None:
        raise NoDraft("There is no draft to publish. Load a file first.")
    raise NoDraft("There is no draft of that name. `criteria list` shows what is loaded.")


def _audit(
    session: Session, action: str, version: CriteriaVersion, *, actor: Actor, now: datetime
) -> None:
    audit.record(
        session, action, actor=actor, subject_kind="criteria", subject_id=version.label, now=now
    )


def _info(version: CriteriaVersion) -> CriteriaVersionInfo:
    criteria = parse_criteria(version.text)
    return CriteriaVersionInfo(
        label=version.label,
        set_id=version.set_id,
        number=version.number,
        effective_from=criteria.effective_from,
        effective_to=criteria.effective_to,
        source_document=version.source_document,
        published_at_utc=version.published_at_utc,
    )


def _screening(row: ScreeningEvaluation, label: str) -> Screening:
    return Screening(
        id=row.id,
        outcome=Outcome(row.outcome),
        criteria_version=label,
        reasons=tuple(Reason(**reason) for reason in row.reasons),
        level=Level(row.level),
        pending=tuple(row.pending),
        evaluated_at_utc=row.evaluated_at_utc,
    )
