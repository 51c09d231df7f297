"""What a process asks of the kernel."""

import subprocess
import sys

SCRIPT = """
import resource
from tallygate.process import allow_many_open_files
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
allow_many_open_files()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def test_a_process_may_open_as_many_files_as_the_system_allows() -> None:
    """A listener with the common limit of 1,024 would refuse the 1,000th client."""
    command = ["sh", "-c", 'ulimit -Sn 256; exec "$0" -c "$1"', sys.executable, SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, after, allowed = map(int, done.stdout.split())
    assert before == 256
    assert after == allowed > before
