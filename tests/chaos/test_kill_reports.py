"""kill -9 of the process that sends reports, at random moments: nobody gets a report twice, and none is lost unseen."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from support.installation import Installation
from support.mail_server import MailBox

RECIPIENTS = 120
ROUNDS = 25
SCRIPT = Path(__file__).with_name("sending_process.py")

pytestmark = [pytest.mark.chaos, pytest.mark.service, pytest.mark.timeout(600)]

ORDERS = f"""
from tallygate.reports.ordering import order
from tallygate.settings import load
user = User.objects.get()
user.email = 'admin@acme.example'
user.save()
for number in range({RECIPIENTS}):
    order(user, Product.objects.get(), 'day', 1_584_526_800, to=f'user{{number}}@acme.example')
"""
STATES = """
import json, sys
from tallygate.reports.models import Delivery
found = dict(Delivery.objects.values_list('email', 'state'))
open(sys.argv[-1] if len(sys.argv) > 1 else 'states.json', 'w').write(json.dumps(found))
"""


def states(installation: Installation) -> dict[str, str]:
    file = installation.home / "states.json"
    installation.catalog(STATES.replace("'states.json'", repr(str(file))))
    return dict(json.loads(file.read_text()))


def test_a_killed_sender_sends_nothing_twice_and_loses_nothing_unseen(tmp_path: Path) -> None:
    """After every kill another goes on when the lease is over; each report arrives once, or stands as unclear in the log."""
    installation = Installation(tmp_path / "home")
    installation.catalog(ORDERS)
    dice = random.Random(7)
    now_s = 1_584_526_800
    with MailBox() as box:
        for number in range(ROUNDS + 1):
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(installation.home), str(now_s), box.url],
                env=installation.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            if number < ROUNDS:
                time.sleep(dice.uniform(0.05, 0.6))
                process.kill()
            process.communicate(timeout=120)
            now_s += 700
    found = states(installation)
    arrived = Counter(box.inbox.recipients)
    assert set(arrived.values()) <= {1}, "nobody got it twice"
    assert set(found.values()) <= {"sent", "unclear"}
    assert len(found) == RECIPIENTS
    missing = {to for to, state in found.items() if state == "sent"} - set(arrived)
    assert not missing, "what is told to be sent has arrived"
    assert set(arrived) <= set(found)
