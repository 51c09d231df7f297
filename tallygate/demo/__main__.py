"""`python -m tallygate.demo`: prepares the demo, says how to use it, and makes live traffic."""

import subprocess
import sys

import msgspec

from tallygate.commands import running
from tallygate.demo import traffic, welcome
from tallygate.demo.stage import Props
from tallygate.process import die_with_parent
from tallygate.settings import load


def main() -> None:
    """Runs until the supervisor stops it; ends at once where the demo cannot be made."""
    die_with_parent()
    settings = load()
    # Its standard error is ours: there its progress is shown, and its failure told.
    made = subprocess.run(
        [sys.executable, "-m", "tallygate.demo.prepare"], stdout=subprocess.PIPE, check=False
    )
    if made.returncode != 0:
        return
    props = msgspec.json.decode(made.stdout, type=Props)
    listener = settings.public_listener_url or running.url_of(settings, "listener") or ""
    console = running.url_of(settings, "console") or ""
    print(welcome.text(props, settings.home, listener, console), flush=True)
    traffic.run(running.url_of(settings, "listener") or listener, props)


if __name__ == "__main__":
    main()
