"""Signing in as people do it: by button, by keyboard, at the sizes of a tablet and a desk."""

import re

import pytest

TABLET = {"width": 768, "height": 1024}
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select')]
  .filter((element) => element.type !== 'hidden' && element.offsetParent !== null)
  .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
  .filter(([, box]) => box.bottom > 0 && (box.height < 44 || box.width < 44))
  .map(([html, box]) => `${html} ${box.width} x ${box.height}`)"""


def assert_is_clean(visit):
    assert visit.axe_violations() == []
    assert visit.outside_requests() == []
    assert visit.console_errors == []
    assert visit.page.evaluate(SMALL_TARGETS) == []
    width = visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= visit.page.viewport_size["width"]


@pytest.mark.parametrize("viewport", [TABLET, DESK, PHONE], ids=["tablet", "desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "night", "red"])
def test_the_sign_in_page_is_accessible_and_asks_nobody_else(browser_page, viewport, theme):
    visit = browser_page(viewport=viewport)
    visit.page.get_by_label("Display").select_option(theme)
    assert visit.page.locator("html").get_attribute("data-theme") == theme
    assert_is_clean(visit)
    buttons = visit.page.get_by_role("button", name=re.compile("^Sign in as "))
    assert buttons.count() == 13


def test_a_button_signs_in_and_sign_out_comes_back(browser_page):
    visit = browser_page("sergeant", viewport=DESK)
    assert visit.page.url.endswith("/unit")
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Unit"
    assert_is_clean(visit)

    visit.page.get_by_role("button", name="Sign out").click()
    visit.page.get_by_role("heading", name="Sign in", exact=True).wait_for()
    visit.page.goto("/unit")
    assert visit.page.url.endswith("/?next=%2Funit")


def test_the_keyboard_alone_signs_in(browser_page):
    page = browser_page(viewport=DESK).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "email"
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Sign in as officer"
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert ring == "4px"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/unit")


def test_a_wrong_password_is_explained_and_announced(browser_page):
    page = browser_page(viewport=TABLET).page
    page.get_by_label("Work email").fill("nobody@example.org")
    page.get_by_label("Password").fill("some long wrong password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text().startswith("This did not sign you in.")
    assert page.get_by_label("Password").input_value() == ""


def test_the_theme_follows_the_device_and_the_choice_is_kept(browser_page):
    page = browser_page(viewport=TABLET, color_scheme="dark").page
    html = page.locator("html")
    assert html.get_attribute("data-theme") == "night"
    page.emulate_media(color_scheme="light")
    page.locator('html[data-theme="light"]').wait_for()
    page.get_by_label("Display").select_option("red")
    page.reload()
    assert html.get_attribute("data-theme") == "red"
    assert page.get_by_label("Display").input_value() == "red"


def test_the_first_thing_drawn_is_dark_at_night(browser_page):
    page = browser_page(viewport=TABLET, color_scheme="dark").page
    page.add_init_script(
        """new MutationObserver(() => {
          if (document.body && !window.firstGround) {
            window.firstGround = document.documentElement.getAttribute('data-theme');
          }
        }).observe(document, {childList: true, subtree: true});"""
    )
    page.reload()
    assert page.evaluate("window.firstGround") == "night"


def test_a_link_from_another_site_opens_the_page_for_who_is_signed_in(browser_page):
    visit = browser_page("sergeant", viewport=TABLET)
    elsewhere = visit.base_url.replace("127.0.0.1", "localhost")
    visit.page.goto(f"{elsewhere}/help")
    visit.page.evaluate(
        """(target) => {
          const link = document.createElement('a');
          link.href = target;
          document.body.append(link);
          link.click();
        }""",
        f"{visit.base_url}/unit?from=2026-01-01",
    )
    visit.page.get_by_role("heading", name="Unit", exact=True).wait_for()
    assert visit.page.url == f"{visit.base_url}/unit?from=2026-01-01"


@pytest.mark.parametrize("path", ["/help", "/nothing-here"])
def test_help_and_error_pages_are_accessible(browser_page, path):
    visit = browser_page(viewport=TABLET)
    visit.page.goto(path)
    assert visit.axe_violations() == []
    assert visit.page.evaluate(SMALL_TARGETS) == []
    assert visit.page.get_by_role("link", name="Help").is_visible()
