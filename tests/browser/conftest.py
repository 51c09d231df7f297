"""A real installation with real data, and Debian's Chromium looking at it."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.installation import Installation

expect.set_options(timeout=20_000)  # how fast a page is, is the machine's affair

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAY_2015_MS = 1_431_820_800_000
"""17 May 2015, 00:00 UTC: the first of the 72 hours of which the installation has traffic."""
HOURS = 72

CATALOG = """
from tallygate.catalog import audit
provider = Provider.objects.get()
provider.time_zone = "Europe/Madrid"
provider.save()
product = Product.objects.get()
product.name = "Payments"
product.save()
Metric.objects.create(product=product, parent=product.hits, friendly_name="List payments")
Metric.objects.create(product=product, friendly_name="Bytes sent", unit="byte")
backend = Backend.objects.create(
    provider=provider, name="Ledger", private_endpoint="https://ledger.internal"
)
BackendUsage.objects.create(product=product, backend=backend, path="/ledger")
account = Account.objects.get()
Application.objects.create(
    account=account, plan=ApplicationPlan.objects.get(), name="Past", application_id="past"
)
quiet = Product.objects.create(provider=provider, name="Quiet")
plan = ApplicationPlan.objects.create(product=quiet, name="Basic")
Application.objects.create(account=account, plan=plan, name="App")
long = Product.objects.create(provider=provider, name="Extraordinarily" * 17, system_name="long")
for number in range(30):
    Metric.objects.create(
        product=long, parent=long.hits, friendly_name=f"{number:02}" + "endless" * 35, system_name=f"m_{number}"
    )
Product.objects.create(provider=provider, name="واجهة برمجة التطبيقات", system_name="right_to_left")
other = Provider.objects.create(name="Other")
Product.objects.create(provider=other, name="Foreign")
LONG, ARABIC = "Extraordinarily" * 17, "شركة الطقس العربية"
big = Account.objects.create(provider=provider, org_name=LONG)
Developer.objects.create(
    account=big, provider=provider, username="u" * 40, email=f"{'e' * 60}@{'d' * 60}.example.com",
    first_name=LONG, last_name=ARABIC,
)
foreign_script = Account.objects.create(provider=provider, org_name=ARABIC, state="pending")
basic = ApplicationPlan.objects.order_by("pk").first()
Limit.objects.create(plan=basic, metric=product.hits, period="hour", value=100_000)
Limit.objects.create(plan=basic, metric=product.hits, period="day", value=1_000_000)
long_plan = ApplicationPlan.objects.create(product=long, name=LONG)
much = Application.objects.create(
    account=big, plan=long_plan, name=LONG, description=LONG + " " + ARABIC, user_key="k" * 200
)
keyed = Product.objects.create(provider=provider, name="Keyed", system_name="keyed", backend_version="2")
keyed_plan = ApplicationPlan.objects.create(product=keyed, name="Basic")
two = Application.objects.create(account=foreign_script, plan=keyed_plan, name=ARABIC)
for number in range(3):
    two.keys.create(value=f"key-{number}-" + "v" * 200)
    two.referrer_filters.create(value=f"*.{number}.example.com")
colleague = User.objects.create_user(
    provider, "c" * 255, "a long password", email="colleague@example.com", first_name=LONG,
    allowed_sections=["plans", "partners", "monitoring"], allowed_product_ids=[product.pk],
)
User.objects.create_user(provider, "invited", "a long password", email="i@example.com", state="pending")
admin = User.objects.get(username="admin")
AccessToken.issue(admin, LONG, ["account_management", "stats"], "rw")
with audit.by(audit.Actor(provider, admin, "portal")):
    big.org_name = LONG[1:]
    big.save()
    foreign_script.org_name = ARABIC + "2"
    foreign_script.save()
    Account.objects.create(provider=provider, org_name="Brief").delete()
"""


def expected_hits(hour: int) -> int:
    """What was counted in one of the 72 hours."""
    return hour * 7 % 23 + 1


@dataclass
class Site:
    """The portal's addresses and what is in it."""

    installation: Installation

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.installation.console.port}"

    @property
    def password(self) -> str:
        return str(self.installation.ids["admin"]["password"])

    @property
    def traffic(self) -> str:
        """The Traffic page of the product that has traffic."""
        return f"{self.url}/products/{self.installation.ids['product']['id']}/traffic"

    @property
    def may(self) -> str:
        """The same, with a time frame that has all of the traffic of May 2015."""
        return f"{self.traffic}?frame=custom&since=2015-05-16&until=2015-05-20"

    @property
    def quiet(self) -> str:
        """The Traffic page of the product that never had a hit."""
        return f"{self.url}/products/2/traffic"

    def usage(self, form: str, **question: str) -> bytes:
        """What the Analytics API answers about the product that has traffic."""
        product, token = (
            self.installation.ids["product"]["id"],
            self.installation.ids["access_token"],
        )
        query = urlencode({"access_token": token, "metric_name": "hits"} | question)
        with urlopen(f"{self.url}/stats/services/{product}/usage.{form}?{query}") as answer:
            return bytes(answer.read())

    def usage_json(self, **question: str) -> Any:
        return json.loads(self.usage("json", **question))

    def call(self, **usage: int) -> None:
        """One counted call to the listener."""
        query = self.installation.credentials()
        query |= {f"usage[{metric}]": str(value) for metric, value in usage.items()}
        port = self.installation.listener.port
        url = f"http://127.0.0.1:{port}/transactions/authrep.xml?{urlencode(query)}"
        with urlopen(url) as answer:
            assert answer.status == 200

    def wrong_call(self) -> int:
        """A call to the listener that names a metric which does not exist; returns the status."""
        query = self.installation.credentials() | {"usage[no_such_metric]": "1"}
        url = f"http://127.0.0.1:{self.installation.listener.port}/transactions/authrep.xml"
        try:
            with urlopen(f"{url}?{urlencode(query)}") as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def fill_may(self) -> None:
        """An hour's hits are one entry each; every third is a call of the method."""
        lines = [
            {
                "application": "past",
                "time_ms": MAY_2015_MS + hour * 3_600_000,
                "usage": {("hits", "hits", "list_payments")[hour % 3]: expected_hits(hour)},
                "code": 200,
                "id": f"hour-{hour}",
            }
            for hour in range(HOURS)
        ]
        port, product = self.installation.listener.port, self.installation.ids["product"]["id"]
        request = Request(
            f"http://127.0.0.1:{port}/internal/services/{product}/backfill",
            data=b"\n".join(json.dumps(line).encode() for line in lines),
            headers={"Authorization": f"Bearer {self.installation.internal_token}"},
        )
        with urlopen(request) as answer:
            assert json.loads(answer.read())["accepted"] == HOURS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Listener and console, 72 hours of traffic in May 2015 and twelve calls of just now."""
    installation = Installation(tmp_path_factory.mktemp("site") / "home")
    installation.catalog(CATALOG)
    with installation:
        made = Site(installation)
        made.fill_may()
        for _ in range(12):
            made.call(list_payments=1)
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Not for the whole run: while it is there, no other event loop can be."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("Chromium is missing: install the Debian package `chromium`")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, site: Site) -> Any:
    """The cookies of a signed-in admin."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, site)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(browser: Browser, signed_in: Any) -> Iterator[Any]:
    """Opens pages in contexts of their own, signed in unless told otherwise; no page may complain.

    A browser complains in its console about scripts that fail and about what the content security
    policy forbids. Answers of 400 and above, and none at all, are what tests look at themselves.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        expected = "Failed to load resource" in message.text or message.text.startswith("htmx:")
        if message.type in ("error", "warning") and not expected:
            complaints.append(message.text)

    def make(width: int = 1280, height: int = 900, signed: bool = True, **options: Any) -> Page:
        state = signed_in if signed else None
        size: Any = {"width": width, "height": height}
        context = browser.new_context(viewport=size, storage_state=state, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, site: Site) -> None:
    """Signs the admin in on whichever page asks for it."""
    if "/login" not in page.url:
        page.goto(f"{site.url}/login")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
