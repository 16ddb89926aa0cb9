"""`incidents import`, `list` and `remove`, good files and bad."""

import csv
import gzip
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from app.audit import service as audit
from app.db import reading
from app.filters import RecordFilter
from app.incidents import service

HEADER = "id,arrest_date,arrest_time,lead_class,n_prefix,lon,lat\n"
GOOD = "A1,2018-03-05,14:30,drug_possession,1,-76.6216,39.2916\n"
NO_PLACE = "A2,2018-03-06,,other,,,\n"
OUTSIDE = "A3,2018-03-07,,other,1,-76.90,39.29\n"
AMBIGUOUS = "A4,2018-03-08,,prostitution,2,-76.6216,39.2916\n"
NO_DATE = "A5,,,other,1,-76.6216,39.2916\n"
EVERY_KIND = HEADER + GOOD + NO_PLACE + OUTSIDE + AMBIGUOUS + NO_DATE

Run = Callable[..., Result]


@pytest.fixture
def run(app) -> Run:
    runner = app.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["incidents", *map(str, arguments)])


@pytest.fixture
def every_kind(tmp_path) -> Path:
    path = tmp_path / "arrests.csv"
    path.write_text(EVERY_KIND)
    return path


def records(app, **query):
    with app.app_context(), reading() as session:
        return service.records_for_map(session, RecordFilter.parse(query))


def test_every_row_is_accepted_rejected_or_flagged(run, every_kind):
    result = run("import", every_kind, "--dataset", "arrests", "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "accepted": 1,
        "rejected": 1,
        "flagged": {"no_coordinates": 1, "outside_city": 1, "ambiguous_address": 1},
    }
    assert "arrests.csv.rejected.csv" in result.stderr
    assert "personal" in result.stderr


def test_the_line_for_people_says_the_same(run, every_kind):
    result = run("import", every_kind, "--dataset", "arrests")

    assert result.stdout.strip() == (
        "arrests: 5 rows read, 1 accepted, 1 rejected, flagged: "
        "no_coordinates 1, outside_city 1, ambiguous_address 1."
    )


def test_rejected_rows_go_to_a_private_file_with_the_reason(run, every_kind):
    every_kind.write_text(EVERY_KIND + "A6,2018-03-09\nA7,2999-01-01,,other,1,-76.6216,39.2916\n")
    run("import", every_kind, "--dataset", "arrests")
    path = every_kind.with_name("arrests.csv.rejected.csv")
    rows = list(csv.reader(path.read_text().splitlines()))

    assert rows[0] == ["row", "reason", *HEADER.strip().split(",")]
    assert sorted((row[0], row[1], row[2]) for row in rows[1:]) == [
        ("5", "has no date", "A5"),
        ("6", "has 2 cells where the header has 7", "A6"),
        ("7", "has a date in the future", "A7"),
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_rejected_rows_there_is_no_file(run, tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + GOOD)
    run("import", tmp_path / "a.csv", "--dataset", "arrests")

    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_only_a_place_and_a_date_are_needed(run, tmp_path):
    (tmp_path / "a.csv").write_text("date,latitude,longitude\n2018-03-05,39.2916,-76.6216\n")
    result = run("import", tmp_path / "a.csv", "--dataset", "calls", "--json")

    assert json.loads(result.stdout) == {"accepted": 1, "rejected": 0, "flagged": {}}


def test_columns_can_be_named(run, tmp_path):
    (tmp_path / "a.csv").write_text("when;w;h;x;y;what\n3/5/2018;39.2916;-76.6216;1;2;Theft\n")
    pairs = [
        f"--column={pair}" for pair in ("date=when", "lat=w", "lon=h", "offence_category=what")
    ]
    result = run("import", tmp_path / "a.csv", "--dataset", "calls", "--json", *pairs)

    assert json.loads(result.stdout)["accepted"] == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--dataset", "a", "--column", "when"], "is not FIELD=NAME"),
        (["--dataset", "a", "--column", "colour=x"], "There is no field 'colour'"),
        (["--dataset", "a", "--public-record"], "--licence"),
        (["--dataset", "referrals"], "means something else"),
        (["--dataset", "a/b"], "letters, digits"),
        (["--dataset", " "], "letters, digits"),
        ([], "--dataset"),
    ],
)
def test_bad_arguments_exit_2_with_a_sentence(run, every_kind, arguments, says):
    result = run("import", every_kind, *arguments)

    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stdout == ""


def test_a_file_that_is_not_there_exits_2(run):
    assert run("import", "no-such.csv", "--dataset", "a").exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"id,arrest_date\n1,2018-03-05\n", "no columns for coordinates"),
        ("a.csv", b"lon,lat\n-76.6,39.3\n", "no column for the date"),
        ("a.csv", b"lon,lat,date,DATE\n-76.6,39.3,,\n", "two columns called"),
        ("a.csv", b"", "is empty"),
        ("a.csv", "lon,lat,date\n".encode("utf-16"), "UTF-16"),
        ("a.csv.gz", gzip.compress((HEADER + GOOD * 9999).encode())[:-9], "incomplete gzip"),
        ("a.parquet", b"PAR1", "damaged or is not a Parquet"),
        ("a.docx", b"PK", "of a kind that is not read here"),
    ],
)
def test_a_file_that_cannot_be_read_exits_1_and_stores_nothing(run, tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    result = run("import", tmp_path / name, "--dataset", "arrests")

    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert run("list").stdout.strip() == "No sets are imported."


def test_a_column_named_that_is_not_there_exits_1(run, every_kind):
    result = run("import", every_kind, "--dataset", "a", "--column", "date=when")

    assert result.exit_code == 1
    assert "no column 'when'" in result.stderr


def test_swapped_coordinates_are_outside_the_city_with_a_hint(run, tmp_path):
    (tmp_path / "a.csv").write_text("date,lon,lat\n2018-03-05,39.2916,-76.6216\n")
    result = run("import", tmp_path / "a.csv", "--dataset", "a", "--json")

    assert json.loads(result.stdout)["flagged"] == {"outside_city": 1}
    assert "1 row outside the city would lie in it with lat and lon exchanged" in result.stderr


@pytest.mark.parametrize("pair", ["nan,39.3", "1421000,593000", "1e400,39.3", "west,39.3"])
def test_coordinates_that_are_no_degrees_are_none_with_a_hint(run, tmp_path, pair):
    (tmp_path / "a.csv").write_text(f"date,lon,lat\n2018-03-05,{pair}\n")
    result = run("import", tmp_path / "a.csv", "--dataset", "a", "--json")

    assert json.loads(result.stdout)["flagged"] == {"no_coordinates": 1}
    assert "1 row with coordinates that are no degrees" in result.stderr


def test_a_row_in_another_encoding_is_rejected_alone(run, tmp_path):
    (tmp_path / "a.csv").write_bytes(
        HEADER.encode() + GOOD.encode() + GOOD.replace("A1", "é").encode("latin-1")
    )
    result = run("import", tmp_path / "a.csv", "--dataset", "a", "--json")

    assert json.loads(result.stdout) == {"accepted": 1, "rejected": 1, "flagged": {}}


def test_a_name_in_use_exits_1_exists_and_replace_takes_its_place(run, app, every_kind, tmp_path):
    run("import", every_kind, "--dataset", "arrests")
    before = records(app, dataset="arrests").data_version
    (tmp_path / "b.csv").write_text(HEADER + GOOD + GOOD)

    refused = run("import", tmp_path / "b.csv", "--dataset", "arrests")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("exists: ")
    assert records(app, dataset="arrests").data_version == before

    assert run("import", tmp_path / "b.csv", "--dataset", "arrests", "--replace").exit_code == 0
    after = records(app, dataset="arrests")
    assert after.n == 2
    assert after.data_version != before


def test_a_replacement_without_rows_leaves_the_set_as_it_is(run, app, every_kind, tmp_path):
    run("import", every_kind, "--dataset", "arrests")
    (tmp_path / "b.csv").write_text(HEADER)
    result = run("import", tmp_path / "b.csv", "--dataset", "arrests", "--replace")

    assert result.exit_code == 1
    assert "was left as it is" in result.stderr
    assert records(app, dataset="arrests").n == 1


def test_the_same_rows_give_the_same_version(run, app, every_kind):
    versions = []
    for _ in range(2):
        run("import", every_kind, "--dataset", "arrests", "--replace")
        versions.append(records(app, dataset="arrests").data_version)

    assert versions[0] == versions[1]


def test_list_names_every_set_and_how_it_may_be_shown(run, every_kind):
    assert run("list").stdout.strip() == "No sets are imported."
    run("import", every_kind, "--dataset", "arrests", "--public-record", "--licence", "CC0")
    run("import", every_kind, "--dataset", "calls")

    listed = json.loads(run("list", "--json").stdout)["datasets"]
    assert [(info["name"], info["public_record"], info["licence"]) for info in listed] == [
        ("arrests", True, "CC0"),
        ("calls", False, ""),
    ]
    assert listed[0]["rows"] == 4
    assert listed[0]["classes"] == ["other", "drug_possession", "prostitution"]
    assert "public record" in run("list").stdout


def test_remove_deletes_the_set_and_only_it(run, app, every_kind):
    run("import", every_kind, "--dataset", "arrests")
    run("import", every_kind, "--dataset", "calls")

    assert run("remove", "arrests").stdout.strip() == "Removed arrests: 4 rows."
    assert records(app, dataset="calls").n == 1
    gone = run("remove", "arrests")
    assert gone.exit_code == 1
    assert "no set called 'arrests'. Sets are: calls." in gone.stderr


def test_every_change_leaves_an_audit_line_without_places(run, app, every_kind):
    run("import", every_kind, "--dataset", "arrests")
    run("remove", "arrests")
    with app.app_context(), reading() as session:
        lines = [audit.as_json(event) for event in audit.events(session)]
    lines = [line for line in lines if line["action"].startswith("incidents.")]

    assert [line["action"] for line in lines] == ["incidents.imported", "incidents.removed"]
    assert all(line["actor"].startswith("os:") for line in lines)
    assert lines[0]["details"]["accepted"] == 1
    assert "39.29" not in json.dumps(lines)


def test_an_import_that_fails_while_storing_leaves_the_old_set(run, app, every_kind, monkeypatch):
    run("import", every_kind, "--dataset", "arrests")
    before = records(app, dataset="arrests").data_version

    def full_disk(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(service.audit, "record", full_disk)
    result = run(
        "import",
        every_kind,
        "--dataset",
        "arrests",
        "--replace",
        "--public-record",
        "--licence",
        "x",
    )
    monkeypatch.undo()

    assert result.exit_code != 0
    assert records(app, dataset="arrests").data_version == before


@pytest.mark.slow
@pytest.mark.real_arrests
def test_the_real_arrests(run, app, real_arrests, tmp_path):
    path = tmp_path / "arrests.csv.gz"
    path.symlink_to(real_arrests)
    result = run(
        "import",
        path,
        "--dataset",
        "arrests",
        "--public-record",
        "--licence",
        "none stated",
        "--json",
    )
    counts = json.loads(result.stdout)

    assert counts["rejected"] == 0
    assert counts["accepted"] + sum(counts["flagged"].values()) == 171_955
    assert counts["flagged"]["no_coordinates"] == 75_297
    found = records(
        app,
        dataset="arrests",
        location_quality="all",
        zone_status="inside",
        to="2013-12-31",
        offence_category="drug_possession,prostitution",
    )
    assert found.n == 537
