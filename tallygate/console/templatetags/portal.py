"""What the portal's templates need beyond Django's own."""

from collections.abc import Mapping
from datetime import datetime

from django import template
from django.forms.boundfield import BoundWidget
from django.forms.utils import flatatt
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tallygate.catalog.dependents import Some
from tallygate.console import plan_page, wording
from tallygate.console.analytics.markup import rows_html
from tallygate.console.changes import sentence
from tallygate.domain.calendar import find_zone

register = template.Library()

register.filter("count", wording.count)
register.filter("percent", wording.percent)
register.filter("plural", wording.plural)
register.filter("amount", plan_page.amount)
register.filter("limit_text", plan_page.limit_text)
register.filter("price_text", plan_page.price_text)
register.simple_tag(rows_html, name="table_rows")
register.filter("said_of", lambda message, label: sentence(str(label), str(message)))


_TONES = {
    **dict.fromkeys(("active", "approved", "live", "published", "sent"), "good"),
    **dict.fromkeys(("created", "kept", "pending", "unclear", "waiting", "withheld"), "warn"),
    **dict.fromkeys(("failed", "rejected", "suspended"), "bad"),
}


@register.simple_tag
def box(choice: BoundWidget) -> SafeString:
    """The input of one choice, as Django's own template has it: rendering that for each of a thousand takes long."""
    data = choice.data
    return format_html(
        '<input type="{}" name="{}" value="{}"{}>',
        data["type"], data["name"], data["value"], flatatt(data["attrs"]),
    )  # fmt: skip


@register.filter
def tone(state: str) -> str:
    """The class of a state's badge; its word says the same."""
    return _TONES.get(state, "")


@register.filter
def item(found: Mapping[str, str], key: str) -> str:
    """What stands under the key, else the key."""
    return found.get(key, key)


@register.filter
def moment(at: datetime, zone: str) -> str:
    """An instant as the provider's clocks show it: '17 May 2015, 10:05'."""
    return wording.instant(find_zone(zone).at(int(at.timestamp())))


@register.filter
def dependents(some: Some) -> str:
    """'3 products using it: A, B and C'."""
    text = f"{wording.counted(some.count, some.noun)}{some.tail}"
    return f"{text}: {wording.listed(some.names, some.count)}" if some.names else text


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the symbols of icons.svg, hidden from screen readers: the text beside it speaks."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("console/icons.svg"),
        name,
    )
