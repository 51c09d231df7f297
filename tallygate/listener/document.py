"""The XML bodies of the protocol: single lines, to the byte."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from tallygate.domain.limits import ETERNITY, PERIOD_BY_NAME, Epoch
from tallygate.registry.records import Limit
from tallygate.registry.views import ApplicationView, ServiceView

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def escape(text: str) -> str:
    """For element text: quotes stay as they are; what XML cannot hold becomes U+FFFD."""
    text = _NOT_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote(text: str) -> str:
    """For attributes in double quotes."""
    return escape(text).replace('"', "&quot;")


def error_document(code: str, message: str) -> str:
    """The body of an error."""
    return f'{DECLARATION}<error code="{code}">{escape(message)}</error>'


class StatusDocument:
    """The body of an authorize or authrep answer for one plan, as a template that changes once a minute.

    Only the current values differ from call to call; so the rest is put together once for each epoch.
    """

    def __init__(
        self, view: ServiceView, plan_name: str, limits: Sequence[Limit], hierarchy: bool
    ) -> None:
        self._view = view
        self._limits = tuple(limits)
        self._plan = f"<plan>{escape(plan_name)}</plan>"
        self._tail = _hierarchy(view, limits) if hierarchy else ""
        self._epoch: Epoch | None = None
        self._authorized = ""

    def authorized(self, epoch: Epoch, values: tuple[int, ...]) -> str:
        """The body when no value is above its limit."""
        if epoch is not self._epoch:
            self._authorized = self._template(epoch)
            self._epoch = epoch
        return self._authorized % values

    def render(
        self,
        epoch: Epoch,
        values: tuple[int, ...],
        reason: str | None,
        app_keys: str = "",
        application: str = "",
    ) -> str:
        """The body in every other case: a denial, values above their limits, sections about the application."""
        head = (
            "<authorized>true</authorized>"
            if reason is None
            else f"<authorized>false</authorized><reason>{escape(reason)}</reason>"
        )
        reports = self._reports(epoch, [value > limit.value for value, limit in zip(values, self._limits, strict=True)])  # fmt: skip
        tail = self._tail.replace("%%", "%")
        return (
            f"{DECLARATION}<status>{head}{application}{self._plan}{reports % values}"
            f"{app_keys}{tail}</status>"
        )

    def _template(self, epoch: Epoch) -> str:
        reports = self._reports(epoch, [False] * len(self._limits))
        plan = self._plan.replace("%", "%%")
        return f"{DECLARATION}<status><authorized>true</authorized>{plan}{reports}{self._tail}</status>"

    def _reports(self, epoch: Epoch, exceeded: list[bool]) -> str:
        if not self._limits:
            return ""
        reports = (
            self._report(limit, epoch, above)
            for limit, above in zip(self._limits, exceeded, strict=True)
        )
        return f"<usage_reports>{''.join(reports)}</usage_reports>"

    def _report(self, limit: Limit, epoch: Epoch, exceeded: bool) -> str:
        name = quote(self._view.names[limit.metric_id]).replace("%", "%%")
        flag = ' exceeded="true"' if exceeded else ""
        return (
            f'<usage_report metric="{name}" period="{limit.period}"{flag}>{_span(limit, epoch)}'
            f"<max_value>{limit.value}</max_value><current_value>%d</current_value></usage_report>"
        )


def app_keys(view: ServiceView, application: ApplicationView) -> str:
    """The list of an application's keys; at most 256."""
    keys = "".join(f'<key id="{quote(key)}"/>' for key in application.keys[:256])
    who = application.application
    return f'<app_keys app="{quote(who.id)}" svc="{quote(who.service_id)}">{keys}</app_keys>'


def oauth_application(application: ApplicationView, redirect_name: str) -> str:
    """What the OAuth endpoints tell of the application: its id, one of its keys, and where it is sent back to.

    Args:
        redirect_name: `redirect_url` or `redirect_uri`, as the call named it.
    """
    who = application.application
    key = escape(application.keys[0]) if application.keys else ""
    return (
        f"<application><id>{escape(who.id)}</id><key>{key}</key>"
        f"<{redirect_name}>{escape(who.redirect_url)}</{redirect_name}></application>"
    )


def _hierarchy(view: ServiceView, limits: Sequence[Limit]) -> str:
    """For each limit its metric's direct children; a template."""
    children: dict[str, list[str]] = {}
    for metric, parent in view.parents.items():
        children.setdefault(parent, []).append(view.names[metric])
    metrics = "".join(
        f'<metric name="{quote(view.names[limit.metric_id])}"'
        f' children="{quote(" ".join(children.get(limit.metric_id, [])))}"/>'
        for limit in limits
    )
    return f"<hierarchy>{metrics}</hierarchy>".replace("%", "%%")


def _span(limit: Limit, epoch: Epoch) -> str:
    period = PERIOD_BY_NAME[limit.period]
    if period == ETERNITY:
        return ""
    return (
        f"<period_start>{_time(epoch.starts_s[period])}</period_start>"
        f"<period_end>{_time(epoch.end_s(period))}</period_end>"
    )


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
