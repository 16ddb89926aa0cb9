"""Which host names the service answers to.

A page on another site can point its own name at this machine's address; a request that names such a
host is refused. Werkzeug's own list of trusted hosts cannot hold an IPv6 address.
"""

from urllib.parse import urlsplit

from flask import Flask, request

from app.errors import Unreadable


class UnknownHost(Unreadable):
    """The request names a host this service does not serve."""

    code = "unknown_host"


def init_hosts(app: Flask, host_names: tuple[str, ...]) -> None:
    """Answer only to these names, with any port; to every name when there are none."""
    allowed = {name.strip("[]").lower() for name in host_names}

    def refuse_unknown_host() -> None:
        if allowed and _host_name() not in allowed:
            raise UnknownHost("This service does not answer to that host name.")

    app.before_request(refuse_unknown_host)


def _host_name() -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""
