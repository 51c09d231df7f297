"""What a request counts, as the application may add to it."""

from contextvars import ContextVar


class Counted:
    """What the request that is being answered counts.

    Attributes:
        usage: What its application adds; metric -> how much.
    """

    __slots__ = ("usage",)

    def __init__(self) -> None:
        self.usage: dict[str, int] = {}

    def add(self, metric: str, value: int = 1) -> None:
        """Counts that much more on a metric, by its system name, when the request is answered.

        Raises:
            ValueError: `value` is no whole number of 0 or more.
        """
        if type(value) is not int or value < 0:
            raise ValueError(f"usage is a whole number of 0 or more, not {value!r}")
        self.usage[metric] = self.usage.get(metric, 0) + value


now: ContextVar[Counted] = ContextVar("tallygate_counted")


def current() -> Counted:
    """That of the request that is being answered here; outside of one, what is added is nobody's."""
    return now.get(None) or Counted()
