"""When a value is worth an alert: with hysteresis, and in the hours in which somebody wants to know."""

from typing import NamedTuple

from tallygate.domain.zone import Zone

WEEK = "0123456"
"""All days, Monday first."""


class Level(NamedTuple):
    """A value that is not to be reached.

    Attributes:
        threshold: From it on there is an alert; with `falls`, from it down.
        hysteresis: In percent of the threshold: the value must come back by so much before there is another.
    """

    threshold: float
    hysteresis: float = 10.0
    falls: bool = False

    def fires(self, value: float) -> bool:
        """Whether the level is reached."""
        return value <= self.threshold if self.falls else value >= self.threshold

    def clears(self, value: float) -> bool:
        """Whether the value has come back far enough."""
        margin = abs(self.threshold) * self.hysteresis / 100
        if self.falls:
            return value > self.threshold + margin
        return value < self.threshold - margin


class Hours(NamedTuple):
    """The hours of a week, by the clocks of a zone.

    Attributes:
        days: Digits of the days, 0 = Monday; the day on which the hours begin counts.
        begin, end: Hours from 0 to 24; an end before the beginning is on the next day; alike = all day.
    """

    zone: Zone
    days: str = WEEK
    begin: int = 0
    end: int = 24

    def include(self, instant_s: int) -> bool:
        """Whether the instant lies in them."""
        local = self.zone.local(instant_s)
        hour, today, yesterday = local.hour, local.weekday(), (local.weekday() - 1) % 7
        if self.begin < self.end:
            return self._on(today) and self.begin <= hour < self.end
        if self.begin == self.end:
            return self._on(today)
        return (self._on(today) and hour >= self.begin) or (self._on(yesterday) and hour < self.end)

    def include_all(self, since_s: int, until_s: int, step_s: int = 300) -> bool:
        """Whether all of a stretch lies in them: silence at night is no silence in business hours."""
        instants = [*range(since_s, until_s, step_s), until_s]
        return all(self.include(instant_s) for instant_s in instants)

    def _on(self, weekday: int) -> bool:
        return str(weekday) in self.days
