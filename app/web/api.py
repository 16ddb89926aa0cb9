"""The HTTP API object: OpenAPI 3.1 from the same schemas that validate, errors as problem+json."""

from typing import Any

from flask import Flask, Request, Response
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from app.errors import Unreadable
from app.web.errors import explain_http
from app.web.json import strict_loads

API_PREFIX = "/api/v1"


class ProblemSchema(Schema):
    """A refusal (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    code = fields.String(metadata={"description": "Stable; made for programs."})
    detail = fields.String(metadata={"description": "A sentence for people."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "What is wrong, by member."},
    )


class ProblemApi(Api):
    """flask-smorest's API with our own error answers."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response:
        return explain_http(error)


class StrictParser(FlaskParser):
    """Reads a body with our strict JSON, whatever a library set for the application."""

    def _raw_load_json(self, req: Request) -> Any:
        if not req.is_json:
            raise Unreadable("Send the content as application/json.")
        try:
            return strict_loads(req.get_data(cache=True))
        except ValueError as error:  # broken JSON, bytes that are no text, NaN, endless digits
            raise Unreadable("The body is not JSON that can be read.") from error


Blueprint.ARGUMENTS_PARSER = StrictParser()  # for every feature's blueprint: none may forget it

api = ProblemApi()


def api_config() -> dict[str, Any]:
    """flask-smorest's settings; the documents themselves are served by `operations`."""
    return {
        "API_TITLE": "LEAD field referral",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": None,
        "API_SPEC_OPTIONS": {
            "info": {
                "description": "Zone checks, referrals and maps. Coordinates are WGS 84 degrees, "
                "distances metres, times RFC 3339. Errors are application/problem+json."
            },
            "components": {
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": "lead"},
                }
            },
            "security": [{"token": []}, {"session": []}],
        },
    }


def init_api(app: Flask) -> None:
    app.config.from_mapping(api_config())
    api.init_app(app)
