"""JSON as RFC 8259 has it: Python's extensions NaN and Infinity are refused."""

import json
from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider

from app.errors import Unreadable


def strict_loads(text: str | bytes) -> Any:
    """Read JSON.

    Raises:
        ValueError: it is no JSON, no text, or holds NaN, Infinity or endless digits.
        Unreadable: it is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Unreadable("The JSON is nested too deeply to be read.") from error


class StrictJson(DefaultJSONProvider):
    """Flask's JSON, refusing what is no JSON and what would exhaust the reader."""

    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return strict_loads(s)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
