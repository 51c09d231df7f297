"""Counting, and limiting, the calls of a Python application from within it: ASGI and WSGI.

Loaded into other people's processes: it needs nothing but the standard library.
"""

from tallygate.domain.mapping_rules import Rule
from tallygate.middleware.asgi import TallygateMiddleware
from tallygate.middleware.counted import Counted, current
from tallygate.middleware.wsgi import TallygateWsgiMiddleware

__all__ = ["Counted", "Rule", "TallygateMiddleware", "TallygateWsgiMiddleware", "current"]
