"""Addresses of the pages of reports."""

from django.urls import path

from tallygate.console.reports import log, mail_page, subscriptions

_REPORT, _DELIVERY = "reports/<int:report_id>", "reports/log/<int:delivery_id>"

urlpatterns = [
    path("reports", subscriptions.listing, name="reports"),
    path("reports/new", subscriptions.create, name="report-new"),
    path("reports/mail", mail_page.mail, name="mail"),
    path("reports/mail/test", mail_page.test, name="mail-test"),
    path("reports/log", log.listing, name="report-log"),
    path(_DELIVERY, log.report, name="report"),
    path(f"{_DELIVERY}/send", log.send, name="report-again"),
    path(f"{_DELIVERY}/report.<slug:form>", log.file, name="report-file"),
    path(f"{_REPORT}/edit", subscriptions.edit, name="report-edit"),
    path(f"{_REPORT}/delete", subscriptions.delete, name="report-delete"),
    path(f"{_REPORT}/send", subscriptions.send, name="report-send"),
]
