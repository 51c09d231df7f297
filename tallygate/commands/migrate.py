"""`python -m tallygate.commands.migrate`: brings the tables of catalog and registry up to date."""

import sys

from tallygate.catalog.bootstrap import migrate
from tallygate.domain.errors import TallygateError
from tallygate.settings import load

if __name__ == "__main__":
    try:
        migrate(load())
    except (TallygateError, OSError) as error:
        sys.exit(f"tallygate: the catalog cannot be opened: {error}")
