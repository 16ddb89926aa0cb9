"""The engine: both sides of every threshold, and what must hold for any rules and facts."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.screening.criteria import (
    FACT_KINDS,
    KINDS,
    Comparison,
    CriteriaSet,
    FactKind,
    Facts,
    Level,
    LocationRule,
    OnFail,
    Operator,
    Rule,
    Span,
    State,
    Who,
)
from app.screening.criteria_file import parse_criteria
from app.screening.rules import (
    SEVERITY,
    Outcome,
    consequence,
    evaluate_rules,
    holds,
)

BALTIMORE_2017 = Path(__file__).parents[2] / "data" / "criteria" / "bpd-806-2017.yaml"
WEDNESDAY_NOON = datetime(2017, 3, 1, 12, 0, tzinfo=UTC)

ARREST = Facts(
    age_years=30,
    offence_category="drug_possession",
    drug_is_recorded=True,
    drug_kind="heroin",
    drug_grams=2.0,
    is_inside_zone=True,
    occurred_local=WEDNESDAY_NOON,
    willing="yes",
)
SOCIAL = replace(
    ARREST,
    offence_category=None,
    concern="drug_possession",
    drug_is_recorded=False,
    drug_kind=None,
    drug_grams=None,
    prior_involvement_months=3,
    prior_involvement_in_zone=True,
)


def text() -> str:
    return BALTIMORE_2017.read_text(encoding="utf-8")


def completed() -> str:
    """The 2017 file with invented values in its gaps, for tests only."""
    filled = text()
    for gap, value in (
        ("      limit: null", "      limit: 3"),
        ("      months: null", "      months: 24"),
        ("    social_contact: null ", "    social_contact: not_required "),
        (
            "      schedule: null ",
            '      schedule: [{days: [mon, tue, wed, thu, fri], from: "12:00", to: "20:00"}] ',
        ),
    ):
        assert filled.count(gap) == 1, gap
        filled = filled.replace(gap, value)
    return filled


def codes(criteria: CriteriaSet, facts: Facts, kind: str) -> list[str]:
    return [reason.code for reason in evaluate_rules(criteria, facts, kind=kind).reasons]


def test_the_2017_set_as_it_is_sends_even_the_clearest_referral_to_a_person():
    criteria = parse_criteria(text())

    for kind, facts in (("arrest_diversion", ARREST), ("social_contact", SOCIAL)):
        evaluation = evaluate_rules(criteria, facts, kind=kind)
        assert evaluation.outcome is Outcome.NEEDS_VERIFICATION
        assert {reason.code for reason in evaluation.reasons} == {"NV_CRITERION_UNSET"}


@pytest.mark.parametrize(
    ("kind", "facts"), [("arrest_diversion", ARREST), ("social_contact", SOCIAL)]
)
def test_with_every_gap_filled_a_clear_referral_appears_eligible(kind, facts):
    evaluation = evaluate_rules(parse_criteria(completed()), facts, kind=kind)

    assert evaluation.outcome is Outcome.APPEARS_ELIGIBLE
    assert evaluation.reasons == ()
    assert {"NOT_SUPERVISED", "NO_OPEN_WARRANT", "NO_SAFETY_THREAT"} <= set(evaluation.pending)


@pytest.mark.parametrize(
    ("change", "outcome", "code"),
    [
        ({"age_years": 17}, Outcome.INELIGIBLE, "IN_MINOR"),
        ({"age_years": 18}, Outcome.APPEARS_ELIGIBLE, None),
        ({"age_years": None}, Outcome.NEEDS_VERIFICATION, "NV_ID"),
        ({"age_years": Span(0, 17)}, Outcome.INELIGIBLE, "IN_MINOR"),
        ({"age_years": Span(18, None)}, Outcome.APPEARS_ELIGIBLE, None),
        ({"age_years": Span(16, 24)}, Outcome.NEEDS_VERIFICATION, "NV_ID"),
        ({"offence_category": "violent"}, Outcome.INELIGIBLE, "IN_OFFENCE"),
        ({"offence_category": "paraphernalia"}, Outcome.APPEARS_ELIGIBLE, None),
        (
            {"offence_category": "drug_subsistence_sale"},
            Outcome.NEEDS_VERIFICATION,
            "NV_CRITERION_UNSET",
        ),
        ({"offence_category": None}, Outcome.NEEDS_VERIFICATION, "NV_RECORDS"),
        ({"drug_grams": 3}, Outcome.APPEARS_ELIGIBLE, None),
        ({"drug_grams": 3.01}, Outcome.INELIGIBLE, "IN_AMOUNT"),
        ({"drug_grams": None}, Outcome.NEEDS_VERIFICATION, "NV_AMOUNT"),
        (
            {"offence_category": "prostitution", "drug_is_recorded": False, "drug_grams": None},
            Outcome.APPEARS_ELIGIBLE,
            None,
        ),
        (
            {"offence_category": "prostitution", "drug_is_recorded": True, "drug_grams": 9},
            Outcome.INELIGIBLE,
            "IN_AMOUNT",
        ),
        ({"is_inside_zone": False}, Outcome.INELIGIBLE, "IN_OUT_OF_ZONE"),
        ({"is_inside_zone": None}, Outcome.NEEDS_VERIFICATION, "NV_LOCATION"),
        ({"willing": "no"}, Outcome.APPEARS_ELIGIBLE, "declined"),
        ({"willing": "wants_time"}, Outcome.APPEARS_ELIGIBLE, None),
        ({"willing": None}, Outcome.NEEDS_VERIFICATION, "NV_PARTNER"),
        (
            {"occurred_local": WEDNESDAY_NOON.replace(hour=11, minute=59)},
            Outcome.APPEARS_ELIGIBLE,
            "deferred_hours",
        ),
        (
            {"occurred_local": WEDNESDAY_NOON.replace(hour=19, minute=59)},
            Outcome.APPEARS_ELIGIBLE,
            None,
        ),
        (
            {"occurred_local": WEDNESDAY_NOON.replace(hour=20)},
            Outcome.APPEARS_ELIGIBLE,
            "deferred_hours",
        ),
        (
            {"occurred_local": WEDNESDAY_NOON.replace(day=4)},
            Outcome.APPEARS_ELIGIBLE,
            "deferred_hours",
        ),
    ],
)
def test_each_threshold_of_an_arrest_diversion(change, outcome, code):
    criteria = parse_criteria(completed())
    evaluation = evaluate_rules(criteria, replace(ARREST, **change), kind="arrest_diversion")

    assert evaluation.outcome is outcome
    assert [reason.code for reason in evaluation.reasons] == ([code] if code else [])


@pytest.mark.parametrize(
    ("months", "outcome", "code"),
    [
        (24, Outcome.APPEARS_ELIGIBLE, None),
        (25, Outcome.INELIGIBLE, "IN_PRIOR_INVOLVEMENT_NOT_VERIFIED"),
        (None, Outcome.NEEDS_VERIFICATION, "NV_HISTORY"),
    ],
)
def test_how_recent_the_involvement_before_a_social_contact_must_be(months, outcome, code):
    facts = replace(SOCIAL, prior_involvement_months=months)
    evaluation = evaluate_rules(parse_criteria(completed()), facts, kind="social_contact")

    assert evaluation.outcome is outcome
    assert [reason.code for reason in evaluation.reasons] == ([code] if code else [])


@pytest.mark.parametrize(
    ("rule", "is_inside", "prior_in_zone", "outcome"),
    [
        ("required", True, False, Outcome.APPEARS_ELIGIBLE),
        ("required", False, True, Outcome.INELIGIBLE),
        ("required", None, True, Outcome.NEEDS_VERIFICATION),
        ("prior_involvement_in_zone", False, True, Outcome.APPEARS_ELIGIBLE),
        ("prior_involvement_in_zone", True, False, Outcome.INELIGIBLE),
        ("prior_involvement_in_zone", True, None, Outcome.NEEDS_VERIFICATION),
        ("not_required", False, False, Outcome.APPEARS_ELIGIBLE),
        ("not_required", None, None, Outcome.APPEARS_ELIGIBLE),
        ("null", True, True, Outcome.NEEDS_VERIFICATION),
    ],
)
def test_the_location_rule_of_the_set_decides_where_a_social_contact_may_lie(
    rule, is_inside, prior_in_zone, outcome
):
    changed = completed().replace("social_contact: not_required", f"social_contact: {rule}")
    facts = replace(SOCIAL, is_inside_zone=is_inside, prior_involvement_in_zone=prior_in_zone)

    assert evaluate_rules(parse_criteria(changed), facts, kind="social_contact").outcome is outcome


def test_a_changed_limit_in_the_file_changes_the_outcome():
    facts = replace(ARREST, drug_grams=5)

    assert codes(parse_criteria(completed()), facts, "arrest_diversion") == ["IN_AMOUNT"]
    looser = completed().replace("limit: 3", "limit: 6")
    assert codes(parse_criteria(looser), facts, "arrest_diversion") == []
    older = completed().replace("at_least: 18", "at_least: 31")
    assert "IN_MINOR" in codes(parse_criteria(older), facts, "arrest_diversion")


def test_the_sentence_names_the_limit_of_the_file():
    evaluation = evaluate_rules(
        parse_criteria(completed()), replace(ARREST, drug_grams=5), kind="arrest_diversion"
    )

    assert evaluation.reasons[0].text == "The amount is over the limit of 3 g."
    assert evaluation.reasons[0].source == "GAP"


def test_a_declined_offer_says_so_and_leaves_the_outcome_alone():
    facts = replace(ARREST, willing="no", drug_grams=5)

    assert codes(parse_criteria(completed()), facts, "arrest_diversion") == [
        "IN_AMOUNT",
        "declined",
    ]


def test_a_later_level_asks_the_rules_of_its_checkers():
    attested = dict.fromkeys(("NOT_SUPERVISED", "NO_OPEN_CASE", "NO_OPEN_WARRANT"), True)
    criteria = parse_criteria(completed())

    def at_records_check(results):
        facts = replace(ARREST, attested=results)
        return evaluate_rules(criteria, facts, kind="arrest_diversion", level=Level.RECORDS_CHECK)

    assert at_records_check(attested).outcome is Outcome.APPEARS_ELIGIBLE
    unknown = at_records_check({**attested, "NO_OPEN_WARRANT": None})
    assert [reason.code for reason in unknown.reasons] == ["NV_WARRANT"]
    not_met = at_records_check({**attested, "NOT_SUPERVISED": False})
    assert (not_met.outcome, not_met.reasons[0].code) == (Outcome.INELIGIBLE, "IN_SUPERVISION")


def test_a_disabled_rule_is_not_asked():
    enabled = completed().replace("enabled: false", "enabled: true")

    assert (
        "NO_CONTACT_ORDER"
        not in evaluate_rules(parse_criteria(completed()), ARREST, kind="arrest_diversion").pending
    )
    assert (
        "NO_CONTACT_ORDER"
        in evaluate_rules(parse_criteria(enabled), ARREST, kind="arrest_diversion").pending
    )


# What must hold for any rules and any facts.

NUMBER_FACTS = sorted(name for name, kind in FACT_KINDS.items() if kind is FactKind.NUMBER)
WORD_FACTS = sorted(name for name, kind in FACT_KINDS.items() if kind is FactKind.WORD)
WORDS = ("prostitution", "drug_possession", "violent", "yes", "no")

numbers = st.none() | st.integers(0, 40)
spans = st.tuples(st.none() | st.integers(0, 20), st.none() | st.integers(20, 40)).map(
    lambda ends: Span(*ends)
)
words = st.none() | st.sampled_from(WORDS)
flags = st.none() | st.booleans()
facts_strategy = st.builds(
    Facts,
    age_years=numbers | spans,
    drug_grams=numbers,
    prior_involvement_months=numbers,
    offence_category=words,
    concern=words,
    drug_kind=words,
    prior_involvement_basis=words,
    willing=words,
    is_inside_zone=flags,
    prior_involvement_in_zone=flags,
    drug_is_recorded=flags,
)
comparisons = st.one_of(
    st.builds(
        Comparison,
        st.sampled_from(NUMBER_FACTS),
        st.sampled_from([Operator.AT_LEAST, Operator.AT_MOST]),
        st.integers(0, 40),
    ),
    st.builds(
        Comparison,
        st.sampled_from(WORD_FACTS),
        st.just(Operator.IN),
        st.lists(st.sampled_from(WORDS), min_size=1).map(tuple),
    ),
    st.builds(Comparison, st.just("drug_is_recorded"), st.just(Operator.IS), st.booleans()),
    st.just(Comparison("location_rule_met", Operator.IS, True)),
)


@st.composite
def rules_strategy(draw: st.DrawFn) -> Rule:
    return Rule(
        code="RULE",
        applies=KINDS,
        who=draw(st.sampled_from(list(Who))),
        on_fail=draw(st.sampled_from(list(OnFail))),
        source="test",
        reason_codes=dict.fromkeys(State, "NV_ID"),
        sentences=dict.fromkeys(State, "A sentence."),
        test=draw(comparisons),
        has_unset_parameter=draw(st.booleans()),
        is_enabled=draw(st.booleans()),
    )


def criteria_of(rules, location_rule=LocationRule.REQUIRED):
    return CriteriaSet(
        set_id="any",
        effective_from=WEDNESDAY_NOON.date(),
        effective_to=None,
        authority="test",
        source_document="test",
        location_rule=dict.fromkeys(KINDS, location_rule),
        levels={Level.OFFICER: frozenset({Who.OFFICER, Who.SYSTEM, Who.PERSON})},
        rules=tuple(rules),
    )


rule_lists = st.lists(rules_strategy(), max_size=6)
location_rules = st.none() | st.sampled_from(list(LocationRule))


@given(rule_lists, location_rules, facts_strategy, st.sampled_from(KINDS))
def test_no_rules_and_no_facts_ever_give_more_than_appears_eligible(rules, where, facts, kind):
    evaluation = evaluate_rules(criteria_of(rules, where), facts, kind=kind)

    assert evaluation.outcome in SEVERITY
    assert SEVERITY[0] == "appears_eligible"
    states = {finding.state for finding in evaluation.findings}
    if states & {State.UNSET, State.UNKNOWN}:
        assert evaluation.outcome is not Outcome.APPEARS_ELIGIBLE


@given(rule_lists, rules_strategy(), location_rules, facts_strategy, st.sampled_from(KINDS))
def test_one_more_rule_never_makes_the_outcome_better(rules, extra, where, facts, kind):
    before = evaluate_rules(criteria_of(rules, where), facts, kind=kind).outcome
    after = evaluate_rules(criteria_of([*rules, extra], where), facts, kind=kind).outcome

    assert SEVERITY.index(after) >= SEVERITY.index(before)


@given(rule_lists, st.data(), facts_strategy)
def test_the_order_of_the_rules_does_not_matter(rules, data, facts):
    shuffled = data.draw(st.permutations(rules))

    assert (
        evaluate_rules(criteria_of(rules), facts, kind=KINDS[0]).outcome
        is evaluate_rules(criteria_of(shuffled), facts, kind=KINDS[0]).outcome
    )


@given(
    rule_lists, facts_strategy, st.sampled_from(sorted(FACT_KINDS.keys() - {"location_rule_met"}))
)
def test_forgetting_a_fact_never_turns_a_doubtful_outcome_into_a_clear_one(rules, facts, name):
    """Where every failure bars, not knowing can only lead to a person."""
    barring = [replace(rule, on_fail=OnFail.INELIGIBLE) for rule in rules]
    known = evaluate_rules(criteria_of(barring), facts, kind=KINDS[0]).outcome
    forgotten = evaluate_rules(
        criteria_of(barring), replace(facts, **{name: None}), kind=KINDS[0]
    ).outcome

    if known is not Outcome.APPEARS_ELIGIBLE:
        assert forgotten is not Outcome.APPEARS_ELIGIBLE


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_a_span_answers_only_what_every_number_in_it_answers(low, high, limit):
    low, high = sorted((low, high))
    for operator in (Operator.AT_LEAST, Operator.AT_MOST):
        test = Comparison("age_years", operator, limit)
        each = {holds(test, Facts(age_years=years)) for years in range(low, high + 1)}
        expected = each.pop() if len(each) == 1 else None
        assert holds(test, Facts(age_years=Span(low, high))) is expected


@pytest.mark.parametrize("on_fail", list(OnFail))
@pytest.mark.parametrize("state", [State.UNSET, State.UNKNOWN])
def test_unset_and_unknown_go_to_a_person_however_the_rule_fails(on_fail, state):
    assert consequence(on_fail, state) is Outcome.NEEDS_VERIFICATION
