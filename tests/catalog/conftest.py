"""The catalog's fixtures."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.django_site import *  # noqa: F403
