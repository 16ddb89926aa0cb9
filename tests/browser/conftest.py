"""A real Chromium against the real demonstration server, both started once."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TABLET = {"width": 768, "height": 1024}
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(item.path).parts:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@dataclass
class Visit:
    """A signed-in page and what it did on the way."""

    page: Any
    base_url: str
    requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    def outside_requests(self) -> list[str]:
        own = (self.base_url, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(own)]

    def axe_violations(self) -> list[str]:
        """WCAG 2.2 A and AA and target size, as axe-core sees the page now."""
        from axe_playwright_python.sync_playwright import Axe

        options = {
            "runOnly": {"type": "tag", "values": AXE_RULES},
            "rules": {"target-size": {"enabled": True}},
        }
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in found
            for node in violation["nodes"]
        ]


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demonstration as `make run` serves it, with its own data; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    instance = tmp_path_factory.mktemp("demonstration") / "instance"
    keep = {name: value for name, value in os.environ.items() if not name.startswith("LEAD_")}
    log_path = instance.parent / "server.log"
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "app.operations.demonstration"],
            cwd=ROOT,
            env={**keep, "PORT": str(port), "LEAD_INSTANCE_DIR": str(instance)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", server, log_path)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests, or a skip that says what is missing."""
    if not Path(CHROMIUM).is_file():
        pytest.skip("Chromium is not installed (make system-packages)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium: Any, live_server: str) -> Iterator[Callable[..., Visit]]:
    """Open a page, signed in by the demonstration's button when a role is given.

    `browser_page("officer", viewport=TABLET, geolocation={"latitude": ..., ...}, **context)`;
    a geolocation also grants the permission.
    """
    contexts = []

    def visit(role: str | None = None, viewport: dict[str, int] = TABLET, **context: Any) -> Visit:
        if "geolocation" in context:
            context.setdefault("permissions", ["geolocation"])
        opened = chromium.new_context(viewport=viewport, base_url=live_server, **context)
        contexts.append(opened)
        page = opened.new_page()
        page.set_default_timeout(15_000)
        visit = Visit(page, live_server)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on(
            "console",
            lambda message: (
                visit.console_errors.append(message.text) if message.type == "error" else None
            ),
        )
        page.on("pageerror", lambda error: visit.console_errors.append(str(error)))
        page.goto("/")
        if role is not None:
            page.get_by_role("button", name=f"Sign in as {role}", exact=True).click()
            page.wait_for_load_state("load")
        return visit

    yield visit
    for opened in contexts:
        opened.close()


@pytest.fixture
def officer(browser_page: Callable[..., Visit]) -> Callable[..., Visit]:
    """Open the officer's page, ready with a verdict; arguments as `open_officer` has them."""
    from tests.browser.field_page import open_officer

    return partial(open_officer, browser_page)


def _wait_until_ready(base_url: str, server: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"{base_url}/readyz", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        time.sleep(0.2)
    raise RuntimeError(f"the demonstration did not start:\n{log_path.read_text()[-3000:]}")
