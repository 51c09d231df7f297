"""From deliveries to mails that were sent, or the reason why not."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from email.headerregistry import Address
from urllib.parse import urlsplit

from tallygate.domain.clock import Clock
from tallygate.history import History
from tallygate.mail import MailServer, MailUrl
from tallygate.reports import making
from tallygate.reports.about import About
from tallygate.reports.message import message
from tallygate.reports.models import Delivery
from tallygate.reports.outbox import Outbox
from tallygate.reports.rendered import Links, Rendered
from tallygate.settings import Settings

BATCH = 100
"""So many are taken at once: a batch is done long before its lease ends."""
KEPT = "there is no mail server: set TALLYGATE_SMTP_URL"
NOT_ALLOWED = "the recipient may not see these numbers any more"
NO_ADDRESS = "the recipient has no e-mail address"
ANOTHER = "the same report waits for the same mail server"
_RENDERED_AT_ONCE = 4

MakeReport = Callable[[About], Rendered]


class Sender:
    """Sends what is due, as one process of a scheduler."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        history: Callable[[], History],
        mail: MailUrl | None,
        outbox: Outbox | None = None,
    ) -> None:
        """
        Args:
            mail: None: reports are kept for the portal.
        """
        self._settings = settings
        self._clock = clock
        self._history = history
        self._mail = mail
        self._outbox = outbox or Outbox()
        self._rendered = OrderedDict[tuple[object, ...], Rendered]()

    def send(self, now_s: int) -> int:
        """Sends all that is due; returns how many there were.

        Raises:
            HistoryUnavailable: The numbers cannot be read now; what is not sent waits.
        """
        sent = 0
        while batch := self._outbox.take(now_s, BATCH):
            self._send(batch)
            sent += len(batch)
            now_s = self._clock.now_s()
        self._rendered.clear()
        return sent

    def _send(self, batch: list[Delivery]) -> None:
        left = list(batch)
        try:
            if self._mail is None:
                for delivery in batch:
                    self._keep(delivery)
                    left.remove(delivery)
                return
            with MailServer(self._mail) as server:
                for delivery in batch:
                    self._deliver(server, delivery)
                    left.remove(delivery)
        finally:
            self._outbox.put_back(left)

    def _keep(self, delivery: Delivery) -> None:
        self._outbox.keep(delivery, Delivery.State.KEPT, KEPT, self._clock.now_s())

    def _deliver(self, server: MailServer, delivery: Delivery) -> None:
        about = making.about(delivery)
        if about is None:
            return self._withhold(delivery, NOT_ALLOWED)
        if not delivery.email:
            return self._withhold(delivery, NO_ADDRESS)
        mail = message(
            self._report(about),
            sender(self._settings, self._mail),
            delivery.email,
            self._links(delivery),
            message_id(delivery),
            self._clock.now_s(),
        )
        outcome = server.send(mail, delivery.email, lambda: self._outbox.hand_over(delivery))
        self._outbox.record(delivery, outcome, self._clock.now_s())
        return None

    def _withhold(self, delivery: Delivery, reason: str) -> None:
        self._outbox.keep(delivery, Delivery.State.WITHHELD, reason, self._clock.now_s())

    def _report(self, about: About) -> Rendered:
        """Recipients of the same numbers come one after the other: they share one."""
        found = self._rendered.get(about.key)
        if found is None:
            found = making.report(self._history(), about, self._clock.now_s(), self._settings)
            self._rendered[about.key] = found
            if len(self._rendered) > _RENDERED_AT_ONCE:
                self._rendered.popitem(last=False)
        return found

    def _links(self, delivery: Delivery) -> Links:
        url = self._settings.console_url
        subscription = delivery.subscription
        portal = f"{url}/reports/log/{delivery.pk}"
        return Links(portal, f"{url}/unsubscribe/{subscription.token}" if subscription else "")


def sender(settings: Settings, mail: MailUrl | None) -> Address:
    """Whom mail comes from."""
    named = mail.sender if mail else ""
    if named:
        return Address("Tallygate", addr_spec=named)
    host = urlsplit(settings.console_url).hostname or ""
    is_name = not host.replace(".", "").isdigit() and ":" not in host
    return Address("Tallygate", "tallygate", host if host and is_name else "localhost")


def message_id(delivery: Delivery) -> str:
    """The same for each attempt; another when somebody has it sent again."""
    text = f"{delivery.pk} {delivery.claim} {delivery.due_s}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
