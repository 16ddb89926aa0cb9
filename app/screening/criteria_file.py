"""Read a criteria file strictly: whatever is misspelt or missing is named with its line."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Final, TypeVar

from app.screening.criteria import (
    DECLINED,
    DEFERRED_HOURS,
    FACT_KINDS,
    KINDS,
    LOCATION_FACT,
    REASON_CODES,
    WEEKDAYS,
    Comparison,
    CriteriaSet,
    FactKind,
    Level,
    LocationRule,
    OnFail,
    Operand,
    Operator,
    Rule,
    State,
    WeeklyHours,
    Who,
)
from app.screening.yaml_lines import (
    InvalidCriteria,
    LinedMapping,
    load_with_lines,
    read_list,
    read_mapping,
    read_word,
)

T = TypeVar("T")

MAX_CHARACTERS: Final = 200_000
SET_KEYS: Final = frozenset(
    [
        "id",
        "effective_from",
        "effective_to",
        "authority",
        "source_document",
        "location_rule",
        "levels",
        "rules",
    ]
)
SET_REQUIRED: Final = SET_KEYS - {"effective_to"}
PARAMETERS: Final[tuple[str, ...]] = ("limit", "months", "schedule", "allowed", "lookback_years")
RULE_KEYS: Final = frozenset(
    [
        "code",
        "applies",
        "test",
        "when_any",
        "undecided",
        "on_fail",
        "on_unset",
        "who",
        "source",
        "enabled",
        "reason_required",
        "reasons",
        "say",
    ]
) | set(PARAMETERS)
RULE_REQUIRED: Final = ("code", "applies", "on_fail", "who", "source", "reasons", "say")
ENGAGEMENT_REASONS: Final = {OnFail.DECLINED: DECLINED, OnFail.DEFER: DEFERRED_HOURS}
OPERATORS_FOR: Final[Mapping[FactKind, frozenset[Operator]]] = {
    FactKind.NUMBER: frozenset({Operator.AT_LEAST, Operator.AT_MOST}),
    FactKind.WORD: frozenset({Operator.IN, Operator.IS}),
    FactKind.FLAG: frozenset({Operator.IS}),
    FactKind.MOMENT: frozenset({Operator.IN}),
}
CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
SET_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
RULE_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,59}")
PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")


@lru_cache(maxsize=32)
def parse_criteria(text: str) -> CriteriaSet:
    """Read the text of a criteria file.

    Raises:
        InvalidCriteria: naming the line, the rule and what to write instead.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidCriteria(f"A criteria file holds at most {MAX_CHARACTERS:,} characters.")
    top = read_mapping(load_with_lines(text), "the file", {"criteria_set"}, ("criteria_set",), 1)
    raw = read_mapping(
        top.values["criteria_set"], "criteria_set", SET_KEYS, tuple(sorted(SET_REQUIRED)), top.line
    )
    reader = _SetReader(raw)
    return reader.read()


class _SetReader:
    """Reads one criteria set."""

    def __init__(self, raw: LinedMapping) -> None:
        self._raw = raw

    def read(self) -> CriteriaSet:
        effective_from = self._date("effective_from")
        effective_to = self._date("effective_to", may_be_null=True)
        if effective_from is None:
            raise self._wrong("effective_from", "Write the day the set starts, like 2017-02-08.")
        if effective_to is not None and effective_to <= effective_from:
            raise self._wrong("effective_to", "The set must end after the day it starts.")
        rules = self._rules()
        return CriteriaSet(
            set_id=self._text("id", SET_ID, "small letters, digits and dashes"),
            effective_from=effective_from,
            effective_to=effective_to,
            authority=self._text("authority"),
            source_document=self._text("source_document"),
            location_rule=self._location_rule(),
            levels=self._levels(),
            rules=rules,
        )

    def _wrong(self, key: str, sentence: str) -> InvalidCriteria:
        line = self._raw.lines.get(key, self._raw.line)
        return InvalidCriteria(f"Line {line}, {key}: {sentence}")

    def _text(self, key: str, pattern: re.Pattern[str] | None = None, shape: str = "") -> str:
        value = self._raw.values[key]
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "Write some text.")
        if pattern is not None and not pattern.fullmatch(value):
            raise self._wrong(key, f"Use {shape} only.")
        return value

    def _date(self, key: str, *, may_be_null: bool = False) -> date | None:
        value = self._raw.values.get(key)
        if value is None and may_be_null:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._wrong(key, "Write a day that exists, like 2017-02-08, without quotes.")
        return value

    def _location_rule(self) -> dict[str, LocationRule | None]:
        line = self._raw.lines["location_rule"]
        raw = read_mapping(
            self._raw.values["location_rule"], "location_rule", set(KINDS), KINDS, line
        )
        return {
            kind: None if value is None else read_word(LocationRule, value, raw.lines[kind], kind)
            for kind, value in raw.values.items()
        }

    def _levels(self) -> dict[Level, frozenset[Who]]:
        line = self._raw.lines["levels"]
        names = {level.value for level in Level}
        raw = read_mapping(self._raw.values["levels"], "levels", names, tuple(Level), line)
        return {
            Level(name): frozenset(
                read_word(Who, who, raw.lines[name], f"levels.{name}")
                for who in read_list(value, raw.lines[name], f"levels.{name}")
            )
            for name, value in raw.values.items()
        }

    def _rules(self) -> tuple[Rule, ...]:
        items = read_list(self._raw.values["rules"], self._raw.lines["rules"], "rules")
        rules = tuple(_RuleReader(item, self._raw.lines["rules"]).read() for item in items)
        codes = [rule.code for rule in rules]
        for code in codes:
            if codes.count(code) > 1:
                raise self._wrong("rules", f"The rule {code} stands there twice.")
        return rules


class _RuleReader:
    """Reads one rule."""

    def __init__(self, value: Any, line: int) -> None:
        self._raw = read_mapping(value, "a rule", RULE_KEYS, RULE_REQUIRED, line)
        self._values = self._raw.values
        code = self._values["code"]
        self._code = code if isinstance(code, str) and RULE_CODE.fullmatch(code) else ""
        if not self._code:
            raise self._wrong("code", "Use capital letters, digits and _ only.")

    def read(self) -> Rule:
        test = self._test()
        on_fail = self._one_of(OnFail, "on_fail")
        undecided = self._words("undecided")
        if self._values.get("on_unset", "needs_verification") != "needs_verification":
            raise self._wrong("on_unset", "An unset limit always gives needs_verification.")
        has_unset = any(name in self._values and self._values[name] is None for name in PARAMETERS)
        can_be_unset = bool(
            undecided
            or any(name in self._values for name in PARAMETERS)
            or (test is not None and test.fact == LOCATION_FACT)
        )
        return Rule(
            code=self._code,
            applies=self._applies(),
            who=self._one_of(Who, "who"),
            on_fail=on_fail,
            source=self._source(),
            reason_codes=self._reason_codes(on_fail),
            sentences=self._sentences(test, can_be_unset=can_be_unset),
            test=test,
            when_any=self._when_any(),
            undecided=undecided,
            has_unset_parameter=has_unset,
            is_enabled=self._flag("enabled", default=True),
        )

    def _wrong(self, key: str, sentence: str) -> InvalidCriteria:
        line = self._raw.lines.get(key, self._raw.line)
        rule = f"rule {self._code}, " if self._code else ""
        return InvalidCriteria(f"Line {line}, {rule}{key}: {sentence}")

    def _one_of(self, words: Callable[[Any], T], key: str) -> T:
        return read_word(
            words, self._values[key], self._raw.lines[key], f"rule {self._code}, {key}"
        )

    def _source(self) -> str:
        source = self._values["source"]
        if not isinstance(source, str) or not source.strip():
            raise self._wrong("source", "Say where the rule comes from, or GAP.")
        return source

    def _flag(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "Write true or false.")
        return value

    def _applies(self) -> tuple[str, ...]:
        kinds = self._words("applies")
        if kinds == ("all",):
            return KINDS
        if not kinds or any(kind not in KINDS for kind in kinds):
            raise self._wrong("applies", f"Write [all], or some of: {', '.join(KINDS)}.")
        return kinds

    def _words(self, key: str) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self._wrong(key, 'Write a list of words in brackets; "yes" and "no" in quotes.')
        return tuple(value)

    def _when_any(self) -> tuple[Comparison, ...]:
        items = self._values.get("when_any", [])
        if not isinstance(items, list):
            raise self._wrong("when_any", "Write a list of tests.")
        tests = tuple(self._comparison(item, "when_any") for item in items)
        if any(test.operand is None or test.fact == LOCATION_FACT for test in tests):
            raise self._wrong("when_any", "A condition needs a value, and no location rule.")
        return tests

    def _test(self) -> Comparison | None:
        if self._flag("reason_required", default=False) and "test" in self._values:
            raise self._wrong("reason_required", "Only a rule without a test is attested.")
        if "test" in self._values:
            return self._comparison(self._values["test"], "test")
        if self._values["who"] not in (Who.RECORDS_CHECK, Who.SAO):
            raise self._wrong("who", "A rule without a test is attested by records_check or sao.")
        return None

    def _comparison(self, value: Any, key: str) -> Comparison:
        line = self._raw.lines[key]
        operators = {operator.value for operator in Operator}
        where = f"rule {self._code}, {key}"
        raw = read_mapping(value, where, operators | {"fact"}, ("fact",), line)
        names = [name for name in raw.values if name != "fact"]
        if len(names) != 1:
            raise self._wrong(key, f"Use exactly one test of: {', '.join(sorted(operators))}.")
        fact, operator = raw.values["fact"], Operator(names[0])
        if fact not in FACT_KINDS:
            raise self._wrong(key, f"No such fact. Known: {', '.join(sorted(FACT_KINDS))}.")
        if operator not in OPERATORS_FOR[FACT_KINDS[fact]]:
            raise self._wrong(key, f"{fact} cannot be tested with {operator}.")
        return Comparison(fact, operator, self._operand(raw.values[operator], fact, operator, key))

    def _operand(self, value: Any, fact: str, operator: Operator, key: str) -> Operand | None:
        if isinstance(value, str) and value in PARAMETERS:
            if value not in self._values:
                raise self._wrong(key, f"The rule has no {value}; write {value}: null if unset.")
            value, key = self._values[value], value
            if value is None:
                return None
        try:
            return _read_operand(value, FACT_KINDS[fact], operator)
        except ValueError as error:
            raise self._wrong(key, str(error)) from None

    def _reason_codes(self, on_fail: OnFail) -> dict[State, str]:
        line = self._raw.lines["reasons"]
        where = f"rule {self._code}, reasons"
        raw = read_mapping(self._values["reasons"], where, _STATE_NAMES, ("unknown",), line)
        codes = {State(name): code for name, code in raw.values.items()}
        codes.setdefault(State.UNSET, "NV_CRITERION_UNSET")
        for code in codes.values():
            if code not in REASON_CODES:
                raise self._wrong("reasons", "One of the codes is not in the list of reason codes.")
        wanted = "IN_" if on_fail is OnFail.INELIGIBLE else "NV_"
        if on_fail in ENGAGEMENT_REASONS:
            if State.NOT_MET in codes:
                raise self._wrong("reasons", f"not_met is {ENGAGEMENT_REASONS[on_fail]} already.")
            codes[State.NOT_MET] = ENGAGEMENT_REASONS[on_fail]
        elif not codes.get(State.NOT_MET, "").startswith(wanted):
            raise self._wrong("reasons", f"not_met needs a code that begins with {wanted}.")
        if not all(codes[state].startswith("NV_") for state in (State.UNKNOWN, State.UNSET)):
            raise self._wrong("reasons", "unknown and unset need codes that begin with NV_.")
        return codes

    def _sentences(self, test: Comparison | None, *, can_be_unset: bool) -> dict[State, str]:
        needed = ("not_met", "unknown", "unset") if can_be_unset else ("not_met", "unknown")
        line = self._raw.lines["say"]
        raw = read_mapping(
            self._values["say"], f"rule {self._code}, say", _STATE_NAMES, needed, line
        )
        known = {name: self._values[name] for name in PARAMETERS if name in self._values}
        if test is not None:
            known[test.operator.value] = test.operand
        return {State(name): self._fill(text, known) for name, text in raw.values.items()}

    def _fill(self, text: Any, known: Mapping[str, Any]) -> str:
        if not isinstance(text, str) or not text.strip():
            raise self._wrong("say", "Write a sentence.")
        for name in PLACEHOLDER.findall(text):
            if name not in known:
                raise self._wrong("say", "A word in braces must name a parameter or the test.")
        return PLACEHOLDER.sub(lambda match: str(known[match[1]]), text)


_STATE_NAMES: Final = {State.NOT_MET.value, State.UNKNOWN.value, State.UNSET.value}


def _read_operand(value: Any, kind: FactKind, operator: Operator) -> Operand:
    """Check an operand against what the fact is.

    Raises:
        ValueError: with a sentence that says what to write.
    """
    if kind is FactKind.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise ValueError("Write a number from 0 up, without quotes, or null if it is unset.")
        return value
    if kind is FactKind.FLAG:
        if not isinstance(value, bool):
            raise ValueError("Write true or false.")
        return value
    if kind is FactKind.MOMENT:
        return _read_schedule(value)
    if operator is Operator.IS:
        if not isinstance(value, str):
            raise ValueError('Write one word; "yes" and "no" need quotes.')
        return value
    if not isinstance(value, list) or not value or not all(isinstance(x, str) for x in value):
        raise ValueError('Write a list of words in brackets; "yes" and "no" need quotes.')
    return tuple(value)


def _read_schedule(value: Any) -> tuple[WeeklyHours, ...]:
    shape = 'Write [{days: [mon, fri], from: "12:00", to: "20:00"}], or null if it is unset.'
    if not isinstance(value, list) or not value:
        raise ValueError(shape)
    hours = []
    for item in value:
        if not isinstance(item, LinedMapping) or set(item.values) != {"days", "from", "to"}:
            raise ValueError(shape)
        days, opens, closes = (item.values[key] for key in ("days", "from", "to"))
        is_clock = all(isinstance(x, str) and CLOCK.fullmatch(x) for x in (opens, closes))
        is_days = isinstance(days, list) and days and all(day in WEEKDAYS for day in days)
        if not is_clock or not is_days or opens >= closes:
            raise ValueError(f"{shape} The end comes after the start; midnight is 24:00.")
        weekdays = frozenset(WEEKDAYS.index(day) + 1 for day in days)
        end = None if closes == "24:00" else time.fromisoformat(closes)
        hours.append(WeeklyHours(weekdays, time.fromisoformat(opens), end))
    return tuple(hours)
