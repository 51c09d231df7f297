"""Ids of reported transactions, on the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.running_listener import App, RunningListener, error_body

pytestmark = pytest.mark.service

COUNT, NAMES = "tallygate-id-conflicts", "tallygate-id-conflicts-in"


@pytest.fixture
def app(listener: RunningListener) -> App:
    return listener.application()


@pytest.fixture
def own(home: Path) -> Iterator[RunningListener]:
    """A listener of the test's own, which may be killed."""
    running = RunningListener(home, checkpoint_s="1")
    running.service("2", "2")
    running.start()
    yield running
    running.close()


def one(app: App, number: int = 0, hits: int = 1) -> dict[str, str]:
    return {"usage][hits": str(hits), "id": f"{app.id}-{number}"}


def test_a_transaction_counts_once_within_a_report_and_across_reports(
    listener: RunningListener, app: App
) -> None:
    """What was counted before is acknowledged like what is new, and nothing is said of it."""
    for batch in ((0, 1, 1), (1, 2), (0, 1, 2, 3)):
        answer = listener.report_of(app, *(one(app, number) for number in batch))
        assert (answer.status, answer.body, COUNT in answer.headers) == (202, "", False)
    assert sorted(each.id for each in listener.entries(app)) == [f"{app.id}-{n}" for n in range(4)]


def test_a_retry_may_be_stamped_anew(listener: RunningListener, app: App) -> None:
    """Who, what and with which answer make the content; the time does not."""
    stamped = {**one(app), "timestamp": "2011-01-01"}
    assert listener.report_of(app, one(app)).status == 202
    assert listener.report_of(app, {**one(app), "timestamp": str(2**31)}).status == 202
    assert listener.report_of(app, stamped).status == 202
    assert listener.counted(app) == 1


def test_a_conflict_leaves_out_its_own_transaction_only_and_is_told_in_the_head(
    listener: RunningListener, app: App
) -> None:
    """By how many there are, and by the names that the caller gave to the transactions."""
    listener.report_of(app, one(app))
    answer = listener.report_of(app, one(app, hits=5), one(app, 1), one(app, 1, hits=7), one(app))
    assert (answer.status, answer.headers[COUNT], answer.headers[NAMES]) == (202, "2", "0,2")
    assert listener.counted(app) == 2


def test_the_provider_learns_of_a_conflict_as_well(own: RunningListener) -> None:
    """As an integration error, with the transaction that was left out."""
    app = own.application()
    own.report_of(app, one(app))
    own.report_of(app, one(app, 1), one(app, hits=5))
    found = own.errors("2")
    assert [each.code for each in found] == ["id_conflict"]
    assert found[0].context.parameters["usage[hits]"] == "5"


def test_names_in_the_head_are_escaped_and_as_many_as_fit(
    listener: RunningListener, app: App
) -> None:
    listener.report_of(app, one(app))
    names = ["a b,c\u00e9\r\n", "x" * 1_000, "y" * 1_000]
    body = f"{app.by_id}&" + "&".join(
        f"transactions[{name}][app_id]={app.id}&transactions[{name}][usage][hits]=9"
        f"&transactions[{name}][id]={app.id}-0"
        for name in ("a+b,c%C3%A9%0D%0A", *names[1:])
    )
    answer = listener.report(body)
    assert (answer.status, answer.headers[COUNT]) == (202, "3")
    assert answer.headers[NAMES] == "a%20b%2Cc%C3%A9%0D%0A," + "x" * 1_000


def test_an_error_in_a_transaction_still_drops_the_whole_report(
    listener: RunningListener, app: App
) -> None:
    """As the protocol has it; its ids are free to be used in the next try."""
    listener.report_of(app, one(app), {"usage][nope": "1"})
    assert listener.counted(app) == 0
    listener.report_of(app, one(app, hits=4))
    assert listener.counted(app) == 4


@pytest.mark.parametrize("transaction", ["[id]=", "[id]=%20", f"[id]={'x' * 513}"])
def test_an_id_that_is_none_is_refused(
    listener: RunningListener, app: App, transaction: str
) -> None:
    """Rather than counted without the protection that the caller relies on."""
    answer = listener.report(f"{app.by_id}&transactions[0][usage][hits]=1&transactions[0]{transaction}")  # fmt: skip
    told = error_body("bad_request", "the id of a transaction must have 1 to 512 characters")
    assert (answer.status, answer.body) == (400, told)


@pytest.mark.parametrize("transaction", ["[id][]=a", "[id][a]=b"])
def test_an_id_that_is_no_text_is_refused(
    listener: RunningListener, app: App, transaction: str
) -> None:
    answer = listener.report(f"{app.by_id}&transactions[0][usage][hits]=1&transactions[0]{transaction}")  # fmt: skip
    assert (answer.status, "transactions_format_invalid" in answer.body) == (400, True)


def test_a_value_that_is_set_is_set_once(listener: RunningListener, app: App) -> None:
    """Its repetition does not undo what was counted since."""
    setting = {"usage][hits": "#10", "id": f"{app.id}-set"}
    for transaction in (setting, one(app), setting):
        assert listener.report_of(app, transaction).status == 202
    assert listener.counted(app) == 11


def test_a_report_sent_again_after_a_crash_counts_once(own: RunningListener) -> None:
    """kill -9 between a report and its repetition, with and without a checkpoint in between."""
    app = own.application()
    batch = [one(app, number) for number in range(500)]
    for pause in (False, True):
        own.report_of(app, *batch)
        if pause:
            own.process.stop()
        else:
            own.process.kill()
        own.start()
        assert own.report_of(app, *batch).status == 202
    assert own.counted(app) == 500
