"""The baseline: the same Granian worker, answering a constant of the same size."""

import asyncio
import sys
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from tallygate.listener.answers import XML_HEADERS

BODY = "x" * 870  # as long as the answer of the call that is measured


class Constant:
    """Answers every call alike."""

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        protocol.response_str(200, XML_HEADERS, BODY)


async def serve(port: int) -> None:
    asyncio.get_running_loop()
    await Server(
        Constant(), address="127.0.0.1", port=port, interface=Interfaces.RSGI, http=HTTPModes.http1,
        websockets=False, backlog=1024, log_enabled=False,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
