"""Who used most: of a product, of a backend, of an account."""

import csv
import io

import pytest
from support.catalog_data import application, backend, plan, product, use
from support.portal_pages import commands, member, run, token_of

from tallygate.catalog.models import Account
from tallygate.ledger.embedded.ledger import EmbeddedLedger
from tallygate.ledger.entry import Entry

DAY_S = 86_400


def fill(portal, rows):
    """Records (application, seconds ago, metric, value)."""
    now_s = portal.clock.now_s()
    with EmbeddedLedger.open(portal.settings, portal.clock) as ledger:
        ledger.record(
            [
                Entry(
                    one.product.service_id, one.application_id, (now_s - ago_s) * 1000,
                    ((str(metric.pk), value),),
                )
                for one, ago_s, metric, value in rows
            ]
        )  # fmt: skip


@pytest.fixture
def consumers(portal):
    """Nine applications of three accounts; the ninth uses most."""
    of = portal.product.application_plans.get()
    accounts = [
        Account.objects.create(provider=portal.product.provider, org_name=name)
        for name in ("Ant", "Bee", "Cat")
    ]
    made = [
        application(of, name=f"App {number}", account=accounts[number % 3]) for number in range(9)
    ]
    fill(portal, [(one, 60, portal.product.hits, 10 + index) for index, one in enumerate(made)])
    return made


def report(answer):
    assert answer.status_code == 200, answer.context.get("error")
    return answer.context["report"]


def top(portal, **query):
    return portal.get(f"/products/{portal.product.pk}/top-applications", **query)


def names_and_totals(answer):
    (table,) = report(answer).tables
    index = next(i for i, column in enumerate(table.columns) if column.label == "Total")
    return [(row[0].text, row[index].text) for row in table.rows]


def rows_of(download):
    assert download.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(download.streaming_content).decode())))


def test_the_greatest_come_first_and_all_numbers_are_there(portal, consumers):
    answer = top(portal)
    assert names_and_totals(answer) == [(f"App {n}", str(10 + n)) for n in range(8, -1, -1)]
    (table,) = report(answer).tables
    assert table.rows[0][0].url.startswith(f"/applications/{consumers[8].pk}/traffic")
    assert [cell.text for cell in table.rows[0][1:3]] == ["Cat", consumers[8].plan.name]


def test_the_parts_and_the_others_add_up_to_the_traffic_of_the_product(portal, consumers):
    shown = report(top(portal))
    assert [curve.name for curve in shown.curves][-1] == "Other applications"
    assert sum(curve.total for curve in shown.curves) == sum(range(10, 19))
    assert len({curve.colour for curve in shown.curves}) == len(shown.curves) == 7


def test_any_number_of_them_can_be_asked_for(portal, consumers):
    assert [name for name, _ in names_and_totals(top(portal, top="2"))] == ["App 8", "App 7"]
    for odd in ("0", "-1", "x", "10001", "9" * 30, "\0"):
        assert top(portal, top=odd).status_code == 400


def test_exactly_the_chosen_window_counts(portal, consumers):
    """Not the calendar's day or month that holds its beginning."""
    old = consumers[0]
    fill(portal, [(old, 8 * DAY_S, portal.product.hits, 1000)])
    assert names_and_totals(top(portal, frame="7d"))[0] == ("App 8", "18")
    assert names_and_totals(top(portal, frame="30d"))[0] == ("App 0", "1,010")


def test_applications_keep_their_colours_when_others_join(portal, consumers):
    def colours(number):
        return {curve.key: curve.colour for curve in report(top(portal, top=number)).curves[:-1]}

    six, five = colours("6"), colours("5")
    assert sum(six[key] == five[key] for key in five) >= 4


def test_files_have_all_of_them_and_every_bucket(portal, consumers):
    path = f"/products/{portal.product.pk}/top-applications.csv"
    rows = rows_of(portal.get(path, top="9", frame="7d", per="day"))
    assert len(rows) == 9 * 7
    assert {row["application"] for row in rows} == {one.application_id for one in consumers}
    assert sum(int(row["value"]) for row in rows) == sum(range(10, 19))
    totals = rows_of(portal.get(path, top="9", part="applications"))
    assert [row["application_name"] for row in totals] == [f"App {n}" for n in range(8, -1, -1)]
    assert [row["rank"] for row in totals] == [str(n) for n in range(1, 10)]
    assert {row["time_zone"] for row in totals} == {"Etc/UTC"}
    assert portal.get(path, part="nothing").status_code == 404


def test_the_columns_of_a_file_have_names_of_their_own(portal, consumers):
    theirs = backend(portal.product.provider)
    for path in (
        f"/products/{portal.product.pk}/top-applications",
        f"/backends/{theirs.pk}/top-products",
        f"/accounts/{consumers[0].account_id}/traffic",
        f"/applications/{consumers[0].pk}/limits",
        f"/products/{portal.product.pk}/response-codes",
    ):
        head = b"".join(portal.get(f"{path}.csv").streaming_content).split(b"\n")[0].split(b",")
        assert len(set(head)) == len(head), path


def test_names_that_are_formulas_are_none_in_a_file(portal):
    evil = application(portal.product.application_plans.get(), name='=HYPERLINK("http://x")')
    fill(portal, [(evil, 60, portal.product.hits, 1)])
    (row,) = rows_of(portal.get(f"/products/{portal.product.pk}/top-applications.csv", part="applications"))  # fmt: skip
    assert row["application_name"] == '\'=HYPERLINK("http://x")'


def test_what_exists_no_more_is_named_by_its_id(portal, consumers):
    gone = consumers[8]
    key = gone.application_id
    gone.delete()
    assert names_and_totals(top(portal))[0] == (f"{key} (deleted)", "18")


def test_a_page_has_a_hundred_and_leads_to_the_next(portal):
    of = portal.product.application_plans.get()
    made = [application(of, name=f"App {n}") for n in range(120)]
    fill(portal, [(one, 60, portal.product.hits, 200 - n) for n, one in enumerate(made)])
    (table,) = report(top(portal, top="1000")).tables
    assert (len(table.rows), table.note) == (100, "1 to 100 of 120 applications")
    following = portal.client.get(f"/products/{portal.product.pk}/top-applications{table.more_url}")
    (table,) = report(following).tables
    assert [row[0].text for row in table.rows] == [f"App {n}" for n in range(100, 120)]
    assert table.more_url == ""


def test_a_backend_shows_its_products_and_hides_those_that_may_not_be_seen(portal):
    mine, theirs = portal.product, backend(portal.product.provider)
    other = product(mine.provider, name="Other")
    use(mine, theirs), use(other, theirs)
    metric = theirs.metrics.get()
    here = mine.applications.first()
    there = application(plan(other))
    fill(portal, [(here, 60, metric, 3), (there, 60, metric, 5)])
    path = f"/backends/{theirs.pk}/top-products"
    assert names_and_totals(portal.get(path)) == [("Other", "5"), (mine.name, "3")]
    (table,) = report(portal.get(path)).tables
    there = portal.client.get(table.rows[0][0].url)
    assert report(there).curves[0].total == 5
    limited = member(portal, "monitoring", products=[mine.pk]).get(path)
    assert names_and_totals(limited) == [(mine.name, "3")]
    assert [curve.name for curve in report(limited).curves] == [mine.name, "Other products"]
    assert b"Other</" not in limited.content


def test_an_account_shows_all_of_its_applications_also_those_that_were_not_used(portal, consumers):
    ant = consumers[0].account
    second = product(portal.product.provider, name="Second")
    unused = application(portal.product.application_plans.get(), name="Idle", account=ant)
    elsewhere = application(plan(second), name="Elsewhere", account=ant)
    fill(portal, [(elsewhere, 60, second.hits, 100)])
    answer = portal.get(f"/accounts/{ant.pk}/traffic")
    assert names_and_totals(answer) == [
        ("Elsewhere", "100"), ("App 6", "16"), ("App 3", "13"), ("App 0", "10"), (unused.name, "0"),
    ]  # fmt: skip
    assert sum(curve.total for curve in report(answer).curves) == 139
    one = portal.get(f"/accounts/{ant.pk}/traffic", metric=f"{second.system_name}/hits")
    assert names_and_totals(one)[0] == ("Elsewhere", "100")
    assert sum(curve.total for curve in report(one).curves) == 100


def test_accounts_are_for_who_may_see_them_and_products_limit_what_is_told(portal, consumers):
    ant = consumers[0].account
    second = product(portal.product.provider, name="Second")
    elsewhere = application(plan(second), name="Elsewhere", account=ant)
    fill(portal, [(elsewhere, 60, second.hits, 100)])
    path = f"/accounts/{ant.pk}/traffic"
    assert member(portal, "monitoring").get(path).status_code == 403
    some = member(portal, "monitoring", "partners", products=[portal.product.pk]).get(path)
    assert [name for name, _ in names_and_totals(some)] == ["App 6", "App 3", "App 0"]
    assert b"Elsewhere" not in some.content


@pytest.mark.parametrize(
    "query", [{}, {"top": "3", "frame": "7d"}, {"per": "week", "compare": "none"}]
)
def test_the_page_tells_the_call_that_gives_the_same_lines(portal, consumers, query):
    answer = top(portal, **query)
    (command,) = commands(answer)
    told = run(command, token_of("admin")).json()
    assert names_and_totals(answer) == [
        (line["application"]["name"], str(line["total"])) for line in told["lines"]
    ]
    drawn = {curve.key: list(curve.values) for curve in report(answer).curves}
    for line in told["lines"][:6]:
        assert drawn[line["application"]["application_id"]] == line["values"]


def test_so_do_the_pages_of_accounts_and_backends(portal, consumers):
    theirs = backend(portal.product.provider)
    use(portal.product, theirs)
    fill(portal, [(consumers[0], 60, theirs.metrics.get(), 4)])
    second = product(portal.product.provider, name="Second")
    elsewhere = application(plan(second), name="Elsewhere", account=consumers[0].account)
    fill(portal, [(elsewhere, 60, second.hits, 100)])
    account = f"/accounts/{consumers[0].account_id}/traffic"
    for path, total in (
        (f"/backends/{theirs.pk}/top-products", 4),
        (account, 139),
        (f"{account}?metric={second.system_name}/hits", 100),
    ):
        (command,) = commands(portal.client.get(path))
        told = run(command, token_of("admin")).json()
        assert sum(line["total"] for line in told["lines"]) == total, path
