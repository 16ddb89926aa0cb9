"""JSON as RFC 8259 has it: Python's extensions NaN and Infinity are refused."""

from typing import Any, NoReturn

from flask.json.provider import DefaultJSONProvider

from app.errors import Unreadable

MAX_NUMBER_CHARACTERS = 400


class StrictJson(DefaultJSONProvider):
    """Flask's JSON, refusing what is no JSON and what would exhaust the reader."""

    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, parse_constant=_refuse_constant, **kwargs)
        except RecursionError as error:
            raise Unreadable("The JSON is nested too deeply to be read.") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
