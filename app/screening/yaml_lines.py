"""YAML that remembers its lines, so that a complaint can name the place."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml

from app.errors import InvalidInput

T = TypeVar("T")


class InvalidCriteria(InvalidInput):
    """A criteria file that cannot be taken; the sentence names the line and the rule."""

    code = "invalid_criteria"


@dataclass(frozen=True)
class LinedMapping:
    """A YAML mapping that knows the line of each of its keys."""

    line: int
    values: dict[str, Any]
    lines: dict[str, int]


def read_word(words: Callable[[Any], T], value: Any, line: int, where: str) -> T:
    try:
        return words(value)
    except ValueError:
        known = ", ".join(str(word) for word in words)  # type: ignore[attr-defined]
        raise InvalidCriteria(f"Line {line}, {where}: Use one of: {known}.") from None


def read_list(value: Any, line: int, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InvalidCriteria(f"Line {line}, {where}: Write a list that is not empty.")
    return value


def read_mapping(
    value: Any, where: str, known: Collection[str], required: Collection[str], line: int
) -> LinedMapping:
    if not isinstance(value, LinedMapping):
        raise InvalidCriteria(f"Line {line}, {where}: Write names and values here.")
    for key in value.values:
        if key not in known:
            names = ", ".join(sorted(known))
            raise InvalidCriteria(
                f"Line {value.lines[key]}, {where}: {key!r} is not known here. Known: {names}."
            )
    for key in required:
        if key not in value.values:
            raise InvalidCriteria(f"Line {value.line}, {where}: {key} is missing.")
    return value


def load_with_lines(text: str) -> Any:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        return _construct(loader, node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise InvalidCriteria(f"Line {line}: this is not YAML ({error.problem}).") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidCriteria("The file is not YAML that can be read.") from error
    finally:
        loader.dispose()


def _construct(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_construct(loader, item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in values:
                raise InvalidCriteria(f"Line {key_node.start_mark.line + 1}: {key} stands twice.")
            values[key] = _construct(loader, value_node)
            lines[key] = key_node.start_mark.line + 1
        return LinedMapping(line, values, lines)
    try:
        return loader.construct_object(node)
    except ValueError:
        raise InvalidCriteria(f"Line {line}: {node.value!r} is no date or number.") from None
