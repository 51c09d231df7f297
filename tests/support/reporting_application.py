"""An application that reports without pause, several processes of it, and says what it was told.

Run as `python reporting_application.py URL TOKEN PRODUCT USER_KEY SPOOL PROCESSES`. Each process prints a `+` before
each report and a `.` after it is told that it is on file, one sign a write, so that a kill cannot take one back.
"""

import os
import sys
import time

from tallygate.client import Client


def report_without_pause(client: Client, user_key: str) -> None:
    while True:
        for _ in range(20):
            os.write(1, b"+")
            if client.report(user_key=user_key, usage={"hits": 1}, response_code=200):
                os.write(1, b".")
        time.sleep(0.01)


if __name__ == "__main__":
    url, token, product, user_key, spool, processes = sys.argv[1:]
    made = Client(token, product, listener=url, spool=spool, send_every_s=0.05)
    for _ in range(int(processes) - 1):
        if os.fork() == 0:  # as servers do that load an application before they fork
            break
    report_without_pause(made, user_key)
