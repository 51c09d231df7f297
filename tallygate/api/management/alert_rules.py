"""Alerts by a provider's own rules: the rules, what they noticed, and who was told."""

from datetime import UTC, datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from tallygate.alerting.models import AlertRule, Incident, Notice
from tallygate.alerting.telling import replay
from tallygate.api.management.answer import Answer, Listed, Shown
from tallygate.api.management.call import Call, one
from tallygate.api.management.endpoint import JSON_ONLY, Endpoint
from tallygate.api.management.parameter import Kind, Parameter
from tallygate.api.management.records import Records, endpoints
from tallygate.api.management.representation import CREATED_AT, UPDATED_AT, Representation, field
from tallygate.web import runtime, scheduler

GROUP = "Alert rules"

RULE = Representation(
    "alert_rule",
    "alert_rules",
    (
        field("id", int, "pk"),
        field("service_id", int, "product_id"),
        field("name"),
        field("kind"),
        field("metric_id", int, null=True),
        field("application_id", int, null=True),
        field("plan_id", int, null=True),
        field("each_application", bool),
        field("threshold", float),
        field("period"),
        field("minutes", int),
        field("codes"),
        field("at_least", int),
        field("hysteresis", float),
        field("days"),
        field("begin_hour", int),
        field("end_hour", int),
        field("time_zone", str, "zone_name"),
        field("emails"),
        field("tell_developers", bool),
        field("webhook_url"),
        field("webhook_secret"),
        field("slack_url"),
        field("enabled", bool),
        CREATED_AT,
        UPDATED_AT,
    ),
)
INCIDENT = Representation(
    "alert_incident",
    "alert_incidents",
    (
        field("id", int, "pk"),
        field("alert_rule_id", int, "rule_id"),
        field("application_id", int, null=True),
        field("message"),
        field("value", float),
        field("threshold", float),
        field("began_at", datetime, lambda each: datetime.fromtimestamp(each.began_s, UTC)),
        field("ended_at", datetime, lambda each: each.ended_s and datetime.fromtimestamp(each.ended_s, UTC), null=True),
        field("read", bool),
    ),
)  # fmt: skip
NOTICE = Representation(
    "alert_notice",
    "alert_notices",
    (
        field("id", int, "pk"),
        field("alert_incident_id", int, "incident_id"),
        field("way"),
        field("target"),
        field("key"),
        field("state"),
        field("reason"),
        field("attempts", int),
    ),
)
PARAMETERS = (
    Parameter("name", required=True),
    Parameter("kind", required=True, choices=tuple(AlertRule.Kind.values)),
    Parameter("threshold", Kind.DECIMAL, "Percent for limits, changes and codes; a number for totals; of silence there is none."),
    Parameter("metric_id", Kind.INTEGER, "What is counted; hits if left out.", attribute=None),
    Parameter("application_id", Kind.INTEGER, "Only this application; its number.", attribute=None),
    Parameter("plan_id", Kind.INTEGER, "Only applications of this plan.", attribute=None),
    Parameter("each_application", Kind.BOOLEAN, "Whether each application is watched by itself."),
    Parameter("period", choices=tuple(AlertRule.Period.values), description="Of totals."),
    Parameter("minutes", Kind.INTEGER, "Of changes, codes and silence: the last so many."),
    Parameter("codes", description="A response code or a class: 5XX."),
    Parameter("at_least", Kind.INTEGER, "Of fewer calls changes and shares say nothing."),
    Parameter("hysteresis", Kind.DECIMAL, "In percent of the threshold: by so much the value comes back before there is another alert."),
    Parameter("days", description="When it is not quiet: digits from 0, which is Monday, to 6."),
    Parameter("begin_hour", Kind.INTEGER, "From which hour on it is not quiet."),
    Parameter("end_hour", Kind.INTEGER, "Up to which hour; before the beginning = on the next day."),
    Parameter("time_zone", description="An IANA name; the provider's if left out."),
    Parameter("emails", description="Addresses, with commas."),
    Parameter("tell_developers", Kind.BOOLEAN, "Whether the application's account gets a mail, too."),
    Parameter("webhook_url", description="Gets a signed POST."),
    Parameter("slack_url", description="Gets a text as Slack takes it."),
    Parameter("enabled", Kind.BOOLEAN),
)  # fmt: skip


def _rules(call: Call) -> QuerySet[AlertRule]:
    return call.product.alert_rules.select_related("product__provider").order_by("pk")


def _set(rule: AlertRule, call: Call) -> None:
    product = call.product
    for name, found in (
        ("metric", product.all_metrics()),
        ("application", product.applications.all()),
        ("plan", product.application_plans.all()),
    ):
        key = f"{name}_id"
        if key in call.given:
            number = call.given[key]
            setattr(rule, name, None if number is None else one(found, number))
    for name in ("threshold", "hysteresis"):
        value = getattr(rule, name)
        if value is None:
            raise ValidationError({name: "can't be blank"})
        setattr(rule, name, float(value))


RULES = Records(
    RULE, "alert_rule_id", _rules, lambda call: AlertRule(product=call.product), PARAMETERS, _set
)


def incidents(call: Call) -> Answer:
    """Of all products that the caller may see, the newest first."""
    records, pages = call.page(_incidents(call).order_by("-began_s", "-pk"))
    return Listed(INCIDENT, records, pages)


def notices(call: Call) -> Answer:
    """Who was told of one incident."""
    incident = one(_incidents(call), call.ids["incident_id"])
    return Listed(NOTICE, list(incident.notices.order_by("pk")))


def send_again(call: Call) -> Answer:
    """Under the same id, so that a receiver can tell."""
    notice = one(_notices(call), call.ids["notice_id"])
    replay(notice, runtime.clock().now_s())
    scheduler.wake()
    notice.refresh_from_db()
    return Shown(NOTICE, notice, status=201)


def _incidents(call: Call) -> QuerySet[Incident]:
    products = call.asker.products().order_by()
    return Incident.objects.filter(rule__product__in=products, deleted=False)


def _notices(call: Call) -> QuerySet[Notice]:
    products = call.asker.products().order_by()
    return Notice.objects.filter(incident__rule__product__in=products).order_by("pk")


_EACH = partial(Endpoint, ability="see_analytics", group=GROUP, formats=JSON_ONLY)

ENDPOINTS = (
    *endpoints(
        "services/{service_id}/alert_rules", RULES, group=GROUP, what="rule for alerts",
        see="edit_alert_rules", edit="edit_alert_rules", formats=JSON_ONLY,
    ),
    _EACH("GET", "alert_incidents", incidents, summary="List what rules have noticed", shape=INCIDENT, many=True, paged=True),
    _EACH("GET", "alert_incidents/{incident_id}/notices", notices, summary="List who was told", shape=NOTICE, many=True),
    Endpoint(
        "POST", "alert_notices/{notice_id}/send", send_again, "edit_alert_rules", "Tell somebody again", GROUP,
        shape=NOTICE, formats=JSON_ONLY,
    ),
)  # fmt: skip
