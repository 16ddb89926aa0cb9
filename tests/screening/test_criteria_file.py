"""Reading a criteria file: every mistake is named with its line."""

from datetime import date
from pathlib import Path

import pytest

from app.screening.criteria import KINDS, LocationRule
from app.screening.criteria_file import MAX_CHARACTERS, parse_criteria
from app.screening.yaml_lines import InvalidCriteria

BALTIMORE_2017 = Path(__file__).parents[2] / "data" / "criteria" / "bpd-806-2017.yaml"
GAPS = {"DRUG_AMOUNT", "NO_VIOLENT_HISTORY", "NO_SEX_OFFENCE", "PRIOR_INVOLVEMENT", "SERVICE_HOURS"}


def text() -> str:
    return BALTIMORE_2017.read_text(encoding="utf-8")


def test_the_2017_set_keeps_its_gaps_unset():
    criteria = parse_criteria(text())

    assert criteria.set_id == "bpd-806-2017"
    assert (criteria.effective_from, criteria.effective_to) == (date(2017, 2, 8), None)
    assert {rule.code for rule in criteria.rules if rule.has_unset_parameter} == GAPS
    assert criteria.location_rule == {
        "arrest_diversion": LocationRule.REQUIRED,
        "social_contact": None,
    }
    assert all(rule.source.strip() for rule in criteria.rules)
    assert all(set(rule.applies) <= set(KINDS) for rule in criteria.rules)


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("at_least: 18", "at_leest: 18", ["rule ADULT", "at_leest", "at_least"]),
        ("at_least: 18", 'at_least: "18"', ["rule ADULT", "number"]),
        ("at_least: 18", "at_least: true", ["rule ADULT", "number"]),
        ("at_least: 18", "at_least: -1", ["rule ADULT", "number"]),
        ("at_least: 18", "at_least: .nan", ["rule ADULT", "number"]),
        ("at_least: 18", "at_least: 18, at_most: 99", ["rule ADULT", "exactly one"]),
        ("at_least: 18", "in: [18]", ["age_years", "in"]),
        ("fact: age_years", "fact: shoe_size", ["rule ADULT", "No such fact"]),
        ("effective_from: 2017-02-08", "effective_from: 2017-02-30", ["2017-02-30"]),
        ("effective_from: 2017-02-08", "effective_from: soon", ["effective_from", "2017-02-08"]),
        ("effective_to: null", "effective_to: 2017-02-08", ["effective_to", "after"]),
        ("code: IN_ZONE", "code: ADULT", ["ADULT", "twice"]),
        ("code: IN_ZONE", "code: in zone", ["code", "capital"]),
        ("limit: null", "limits: null", ["limits", "not known"]),
        ("test: {fact: drug_grams, at_most: limit}", "", ["DRUG_AMOUNT", "attested"]),
        ("on_unset: needs_verification", "on_unset: appears_eligible", ["needs_verification"]),
        ("on_fail: defer", "on_fail: eligible", ["SERVICE_HOURS", "on_fail"]),
        ("not_met: IN_MINOR", "not_met: NV_ID", ["ADULT", "IN_"]),
        ("not_met: IN_MINOR", "not_met: IN_SHOES", ["ADULT", "list of reason codes"]),
        ("unknown: NV_ID", "unknown: IN_MINOR", ["ADULT", "NV_"]),
        ("{at_least} or over.", "{atleast} or over.", ["ADULT", "braces"]),
        ("      enabled: false", "      enabled: maybe", ["true or false"]),
        ("social_contact: null", "social_contact: nearby", ["social_contact", "not_required"]),
        ("social_contact: null", "social: null", ["social", "not known"]),
        ('["yes", "wants_time"]', "[yes, wants_time]", ["WILLING", "quotes"]),
        ("applies: [social_contact]", "applies: [everything]", ["PRIOR_INVOLVEMENT", "all"]),
        ("who: person", "who: neighbour", ["WILLING", "officer"]),
        ("schedule: null", "schedule: always", ["SERVICE_HOURS", "days"]),
        (
            "schedule: null",
            'schedule: [{days: [mon], from: "20:00", to: "12:00"}]',
            ["SERVICE_HOURS", "after the start"],
        ),
        ("criteria_set:", "criteria:", ["criteria"]),
        ("rules:", "rules: [", ["not YAML"]),
        ("authority: policy_coordinating_group", "authority: 5", ["authority", "text"]),
        (
            "authority: policy_coordinating_group",
            "authority: a\n  authority: b",
            ["authority", "twice"],
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(good, bad, words):
    with pytest.raises(InvalidCriteria) as caught:
        parse_criteria(text().replace(good, bad, 1))

    assert "Line " in caught.value.detail
    for word in words:
        assert word in caught.value.detail


def test_the_named_line_is_the_line_of_the_mistake():
    lines = text().splitlines()
    line_number = next(n for n, line in enumerate(lines, 1) if "months: null" in line)
    lines[line_number - 1] = "      months: many"

    with pytest.raises(InvalidCriteria, match=f"Line {line_number}, rule PRIOR_INVOLVEMENT"):
        parse_criteria("\n".join(lines))


@pytest.mark.parametrize("word", ["id", "rules", "levels", "location_rule"])
def test_a_missing_part_is_named(word):
    kept = []
    is_skipping = False
    for line in text().splitlines():
        if line.startswith("  ") and not line.startswith("   ") and ":" in line:
            is_skipping = line.strip().split(":")[0] == word
        if not is_skipping:
            kept.append(line)

    with pytest.raises(InvalidCriteria, match=f"{word} is missing"):
        parse_criteria("\n".join(kept))


@pytest.mark.parametrize(
    "content",
    ["", "[]", "just words", "criteria_set: 5", "!!python/object/apply:os.getcwd []", "a: *b"],
)
def test_what_is_no_criteria_file_is_refused(content):
    with pytest.raises(InvalidCriteria):
        parse_criteria(content)


def test_a_huge_file_is_refused_before_it_is_read():
    with pytest.raises(InvalidCriteria, match="at most"):
        parse_criteria("#" * (MAX_CHARACTERS + 1))


def test_a_deeply_nested_file_is_refused():
    with pytest.raises(InvalidCriteria):
        parse_criteria("[" * 50_000)
