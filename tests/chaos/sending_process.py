"""A process that sends the reports that are due, until it is killed: `sending_process.py HOME NOW_S MAIL_URL`."""

import sys
from pathlib import Path

from tallygate.catalog.bootstrap import set_up
from tallygate.settings import load


def main(home: str, now_s: int, url: str) -> None:
    settings = load(home=Path(home))
    set_up(settings)
    from tallygate.domain.clock import ManualClock
    from tallygate.history import History
    from tallygate.mail import read
    from tallygate.reports.sending import Sender

    clock = ManualClock.at(now_s)
    with History.open(settings, clock) as history:
        print("ready", flush=True)
        Sender(settings, clock, lambda: history, read(url)).send(now_s)
    print("done", flush=True)


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
