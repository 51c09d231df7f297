"""What the portal's templates need beyond Django's own."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tallygate.console import wording

register = template.Library()

register.filter("count", wording.count)
register.filter("percent", wording.percent)


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the symbols of icons.svg, hidden from screen readers: the text beside it speaks."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("console/icons.svg"),
        name,
    )
