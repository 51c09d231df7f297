"""Where a spool is: a folder for each listener and product, since what is in it goes nowhere else."""

import os
import re
from hashlib import blake2b
from pathlib import Path


def spool_folder(given: str | Path | None, listener: str, product: str) -> Path:
    """The folder of a product's reports, below `given`, or else below the user's folder of states."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    above = Path(state) / "tallygate" / "spool" if given is None else Path(given)
    digest = blake2b(f"{listener.rstrip('/')} {product}".encode(), digest_size=4).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", product)[:40]
    return above.expanduser().absolute() / f"{readable}-{digest}"
