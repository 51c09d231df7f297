"""A provider whose users get reports, with a real history, a clock that is moved, and a real mail server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from msgspec.structs import replace
from support import catalog_data
from support.history_data import MemoryLog, entry, open_history

from tallygate.catalog.models import Metric, Product, User
from tallygate.domain.clock import ManualClock
from tallygate.history import History
from tallygate.mail import MailUrl, read
from tallygate.reports.models import Delivery, Subscription
from tallygate.reports.outbox import Outbox
from tallygate.reports.scheduler import Scheduler
from tallygate.reports.sending import Sender

CONSOLE = "https://portal.acme.example"


class ReportSite:
    """
    Attributes:
        elapsed_s: What has really passed, by which the scheduler judges the clock.
    """

    def __init__(self, history: History, log: MemoryLog, clock: ManualClock) -> None:
        self.history = history
        self.log = log
        self.clock = clock
        self.elapsed_s = 0.0
        self.provider = catalog_data.provider(time_zone="Europe/Madrid")
        self.product = catalog_data.product(self.provider, name="Echo")
        self.plan = catalog_data.plan(self.product)
        self.application = catalog_data.application(self.plan, name="Weather app")
        self.settings = replace(django_settings.TALLYGATE, public_console_url=CONSOLE)

    def user(self, name: str = "ada", **values: Any) -> User:
        given = {"role": User.Role.ADMIN, "email": f"{name}@acme.example"} | values
        return User.objects.create_user(self.provider, name, "a long password", **given)

    def subscribe(self, user: User, period: str = "day", **values: Any) -> Subscription:
        return Subscription.objects.create(user=user, period=period, **values)

    def hits(self, product: Product | None = None) -> Metric:
        return (product or self.product).hits

    def count(
        self, time_s: float, value: int = 1, code: int = 200, application: Any = None
    ) -> None:
        by = application or self.application
        usage = {str(self.hits(by.product).pk): value}
        self.log.entries.append(
            entry(
                time_s,
                usage,
                product=by.product.service_id,
                application=by.application_id,
                code=code,
            )
        )

    def scheduler(self, mail: str | MailUrl | None = None) -> Scheduler:
        """One that sends by that mail server, as if it were a process of its own."""
        url = read(mail) if isinstance(mail, str) else mail
        sender = Sender(self.settings, self.clock, lambda: self.history, url, Outbox())
        made = Scheduler(self.clock, (sender.send,))
        made._clock._elapsed = lambda: self.elapsed_s  # type: ignore[attr-defined]
        return made

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds)
        self.elapsed_s += seconds

    def states(self) -> list[str]:
        return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


@contextmanager
def report_site(home: Path, now_s: int) -> Iterator[ReportSite]:
    log, clock = MemoryLog(), ManualClock.at(now_s)
    with open_history(home, log, clock=clock) as history:
        yield ReportSite(history, log, clock)
