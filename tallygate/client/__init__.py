"""Asking and telling Tallygate from an application of your own: no report is lost, none counts twice.

Loaded into other people's processes: it needs nothing but the standard library.
"""

from tallygate.client.answer import Answer, Limit
from tallygate.client.client import Client
from tallygate.client.figures import Figures

__all__ = ["Answer", "Client", "Figures", "Limit"]
