"""The scheduler of this console process."""

from tallygate import mail
from tallygate.mail import MailUrl
from tallygate.reports.scheduler import Scheduler
from tallygate.reports.sending import Sender
from tallygate.settings import Settings
from tallygate.web import runtime

_scheduler: Scheduler | None = None


def start(settings: Settings) -> None:
    """Begins to make reports arrive."""
    global _scheduler
    sender = Sender(settings, runtime.clock(), runtime.history, mail_server(settings))
    _scheduler = Scheduler(runtime.clock(), (sender.send,))
    _scheduler.start()


def stop() -> None:
    """Returns when what is under way is done, or after some seconds."""
    if _scheduler is not None:
        _scheduler.stop()


def wake() -> None:
    """Something is to be sent now rather than with the next look. Where no scheduler runs, it waits for one."""
    if _scheduler is not None:
        _scheduler.wake()


def mail_server(settings: Settings) -> MailUrl | None:
    """None: there is none. Raises InputError: its URL has the wrong form."""
    return mail.read(settings.smtp_url) if settings.smtp_url else None
