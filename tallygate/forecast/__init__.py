"""What is coming: usage by day or by hour, with its seasons, continued, and how sure that is."""

from tallygate.forecast.forecast import DAILY, HOURLY, Forecast, Seasons, forecast

__all__ = ["DAILY", "HOURLY", "Forecast", "Seasons", "forecast"]
