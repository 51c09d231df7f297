"""How a gateway is to run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tallygate.gateway.authorization import WhenAway

Environment = Literal["production", "staging"]


@dataclass(frozen=True)
class Options:
    """Attributes:
    source: A file with configurations, or the URL of a portal with an access token as its user.
    listen: HOST:PORT for calls.
    management: HOST:PORT for health and metrics.
    environment: Whose configurations are taken from the portal.
    listener: Where products are asked for and reported; '' = where their configurations say.
    state: The folder of reports that are not delivered yet, and of the last good configuration.
    hold_s: How long an answer of the listener holds; 0 = each call is asked for, and counted exactly.
    when_away: Who passes while the listener does not answer.
    ask_timeout_s: How long a question to the listener may take.
    refresh_s: How often the configuration is looked up; 0 = for each call.
    connect_timeout_s: How long it may take to connect to an upstream.
    upstream_timeout_s: How long an upstream may be silent.
    spool_bytes: How large the spool of reports may become.
    """

    source: str
    listen: str = "127.0.0.1:8080"
    management: str = "127.0.0.1:8090"
    environment: Environment = "production"
    listener: str = ""
    state: Path = Path("gateway")
    hold_s: float = 0.0
    when_away: WhenAway = "known"
    ask_timeout_s: float = 2.0
    refresh_s: float = 30.0
    connect_timeout_s: float = 5.0
    upstream_timeout_s: float = 60.0
    spool_bytes: int = 1024 * 1024 * 1024
