"""Ending a report by the link in it, without signing in: whoever has the link may."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tallygate.reports.models import Subscription
from tallygate.reports.preferences import end


@csrf_exempt  # mail programs POST to it (RFC 8058); the token in the address is what lets them in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since programs that look for viruses follow links; POST ends it. Again it says that it has ended."""
    found = Subscription.objects.select_related("user", "product").filter(token=token).first()
    if found is not None and request.method == "POST":
        end(found)
        return render(request, "console/unsubscribed.html", {"subscription": None})
    return render(request, "console/unsubscribed.html", {"subscription": found})


urlpatterns = [path("<str:token>", unsubscribe, name="unsubscribe")]
