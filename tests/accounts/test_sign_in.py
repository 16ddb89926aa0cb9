import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.accounts import passwords, service
from app.accounts.roles import LANDING, Role
from app.db import unit_of_work

EMAIL = "casey@example.org"
PASSWORD = "violet tram orchard gravity"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def form_token(client):
    page = client.get("/").get_data(as_text=True)
    return re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)


def sign_in(client, email=EMAIL, password=PASSWORD, **fields):
    form = {"email": email, "password": password, "csrf_token": form_token(client), **fields}
    return client.post("/sign-in", data=form)


def test_the_page_shows_the_use_notice_and_thirteen_buttons_with_the_roles_words(client):
    page = client.get("/").get_data(as_text=True)
    assert "Demonstration. All data on this page are synthetic." in page
    for sentence in ("restricted information system", "monitored, recorded and audited"):
        assert sentence in page
    assert "criminal and civil penalties" in page
    assert "agree to the monitoring" in page
    buttons = re.findall(r">(Sign in as [a-z ]+)</button>", page)
    assert buttons == [f"Sign in as {role.words}" for role in Role]
    assert "passkey" not in page


def test_no_page_of_the_frame_holds_inline_script_or_style(client, client_for):
    for page in (
        client.get("/"),
        client.get("/help"),
        client.get("/nothing-here"),
        client_for("sergeant").get("/unit"),
    ):
        text = page.get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("role", list(Role))
def test_each_button_signs_in_one_role_and_lands_on_its_page(client, client_for, role):
    signed_in = client_for(role.value)
    answer = signed_in.get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == LANDING[role]
    with signed_in.session_transaction() as cookie:
        assert cookie["_user_id"]


def test_the_button_records_the_notice_and_the_sign_in(client_for, audit_actions):
    client_for("planner")
    assert audit_actions()[-2:] == ["notice.acknowledged", "login.ok"]


def test_a_role_that_is_none_has_no_button(client):
    assert client.post("/demonstration/sign-in/mayor", headers=SAME_SITE).status_code == 404


def test_the_button_says_what_is_missing_before_the_demonstration_is_loaded(client):
    answer = client.post("/demonstration/sign-in/officer", headers=SAME_SITE)
    assert answer.status_code == 404
    assert "make run" in answer.get_data(as_text=True)


def test_a_person_signs_in_with_a_password_and_out_again(client, add_person, audit_actions):
    add_person(EMAIL, Role.SERGEANT)
    answer = sign_in(client)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/unit"
    assert client.get("/unit").status_code == 200

    page = client.get("/unit").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
    assert client.post("/sign-out", data={"csrf_token": token}).headers["Location"] == "/"
    assert client.get("/unit").status_code == 302
    assert audit_actions()[-3:] == ["notice.acknowledged", "login.ok", "login.ended"]


def test_the_session_is_new_after_signing_in(client, add_person):
    add_person(EMAIL, Role.SERGEANT)
    before = form_token(client)
    with client.session_transaction() as cookie:
        planted = dict(cookie)
        cookie["planted"] = "yes"
    sign_in(client)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != planted["csrf_token"]
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_the_cookie_is_http_only_strict_and_ends_with_the_browser(client, add_person):
    add_person(EMAIL, Role.SERGEANT)
    cookie = sign_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie


@pytest.mark.parametrize(
    "typed",
    [
        (EMAIL, "wrong password but long"),
        ("nobody@example.org", PASSWORD),
        ("officer@demo.invalid", ""),
        ("closed@example.org", PASSWORD),
        ("", ""),
        ("\x00" * 3000, "\x00" * 3000),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(app, client, add_person, now, typed):
    add_person(EMAIL)
    add_person("closed@example.org")
    with app.app_context(), unit_of_work() as session:
        service.ensure_demo_people(session, now=now)
        service.disable(session, "closed@example.org", actor=service.SYSTEM, now=now)
    answer = sign_in(client, *typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert "This did not sign you in." in page
    assert page.count('role="alert"') == 1
    assert client.get("/unit").status_code == 302


def test_after_five_wrong_passwords_the_right_one_does_not_help(client, add_person):
    add_person(EMAIL)
    for _ in range(5):
        assert sign_in(client, password="wrong password but long").status_code == 401
    assert sign_in(client).status_code == 401


@pytest.mark.slow
def test_fifty_guesses_at_once_get_at_most_five_looks_at_the_password(app, add_person, monkeypatch):
    add_person(EMAIL)
    evaluated = []
    real = passwords.is_right

    def counting(password, stored):
        evaluated.append(stored is not None)
        return real(password, stored)

    monkeypatch.setattr(passwords, "is_right", counting)

    def guess(number):
        return app.test_client().post(
            "/sign-in",
            data={"email": EMAIL, "password": f"a long guess number {number}"},
            headers=SAME_SITE,
            environ_overrides={"REMOTE_ADDR": f"10.0.0.{number}"},
        )

    with ThreadPoolExecutor(16) as pool:
        codes = {answer.status_code for answer in pool.map(guess, range(50))}
    assert codes == {401}
    assert len(evaluated) == 50
    assert 1 <= sum(evaluated) <= 5


@pytest.mark.slow
def test_an_address_that_fails_often_has_to_wait(client, add_person):
    add_person(EMAIL)
    for number in range(20):
        assert sign_in(client, f"nobody{number}@example.org").status_code == 401
    late = sign_in(client)
    assert late.status_code == 429
    assert 1 <= int(late.headers["Retry-After"]) <= 15 * 60 + 2
    assert re.search("try again in 1[45] minutes", late.get_data(as_text=True))


@pytest.mark.slow
def test_signing_in_well_is_not_limited(app, add_person):
    add_person(EMAIL)
    for _ in range(25):
        assert sign_in(app.test_client()).status_code == 302


def test_a_form_without_its_token_is_refused(client, add_person):
    add_person(EMAIL)
    client.get("/")
    form = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 400
    for site in ("cross-site", "same-site", "none"):
        answer = client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 400
    assert "Load it again" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/unit", "/unit"),
        ("/unit?from=2026-01-01", "/unit?from=2026-01-01"),
        ("/admin", "/unit"),
        ("/nowhere", "/unit"),
        ("//evil.example/unit", "/unit"),
        ("/\\evil.example", "/unit"),
        ("https://evil.example/unit", "/unit"),
        ("javascript:alert(1)", "/unit"),
        ("/unit\r\nSet-Cookie: a=b", "/unit"),
        ("/sign-out", "/unit"),
    ],
)
def test_signing_in_goes_on_to_pages_of_this_site_only(client, add_person, wanted, reached):
    add_person(EMAIL, Role.SERGEANT)
    assert sign_in(client, next=wanted).headers["Location"] == reached


def test_a_page_asks_to_sign_in_and_comes_back(client, client_for):
    answer = client.get("/unit?from=2026-01-01")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/?next=%2Funit%3Ffrom%3D2026-01-01"
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert page.count('name="next" value="/unit?from=2026-01-01"') == 14


def test_a_link_from_elsewhere_loads_once_more_from_here(client):
    answer = client.get("/unit?a=1", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/unit?a=1"' in answer.get_data(as_text=True)
    again = client.get("/unit?a=1", headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 302


def test_several_roles_get_a_menu_of_their_pages(client, add_person):
    add_person(EMAIL, Role.SERGEANT, Role.PLANNER, Role.ADMIN)
    sign_in(client)
    page = client.get("/planning").get_data(as_text=True)
    for path in ("/unit", "/planning", "/admin"):
        assert f'href="{path}"' in page
    assert 'href="/cases"' not in page
    assert re.search(r'href="/planning"\s+aria-current="page"', page)
    assert 'title="Sergeant, planner, admin">Sergeant and 2 more<' in page


def test_pages_that_are_not_built_say_so(client_for):
    page = client_for("evaluator").get("/outcomes").get_data(as_text=True)
    assert "This page is not built yet." in page


def test_a_form_that_came_without_a_cookie_says_what_to_allow(client):
    answer = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 400
    assert "Allow cookies for this site, open it over https" in answer.get_data(as_text=True)


def test_a_form_from_an_older_session_says_that_it_is_too_old(client):
    client.get("/")
    answer = client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 400
    assert "open too long" in answer.get_data(as_text=True)
