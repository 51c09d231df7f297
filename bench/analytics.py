"""Questions about a large provider: how long answers take, and whether more history makes them slower.

`BENCH_ANALYTICS_SCALES` (default `0.1,1`) says how much history there is: 1 is a year of 1,000 applications and 20 metrics
with a billion hits, a tenth has a tenth of the calls, and 10 is ten such products, of which one is asked about.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallygate.catalog.models import Product
    from tallygate.history.engine import Engine

NOW_S = 1_798_732_800 - 8 * 3_600
"""2026-12-31T16:00:00Z"""
APPLICATIONS, METHODS = 1_000, 19
YEAR_S, QUARTER_S, MINUTE_S = 366 * 86_400, 900, 60
MINUTES_S, RAW_S, RAW_ENTRIES = 90 * 86_400, 30 * 86_400, 50_000_000
HITS = 1_000_000_000
ACTIVE = 0.2
"""In how many of its quarters of an hour an application calls. Each of its methods comes up in half as many as the one before."""
CODES = {200: 1.0, 201: 0.3, 404: 0.2, 429: 0.05, 500: 0.03, 503: 0.01}
"""Response code -> in how many of these quarters it comes up."""
AIM_MS = 100
ROUNDS = 100


def main() -> None:
    """A year of 1,000 applications, 20 metrics and a billion hits: p50 and p99 of five questions, with names from the catalog."""
    scales = os.environ.get("BENCH_ANALYTICS_SCALES", "0.1,1").split(",")
    medians: dict[str, list[float]] = {}
    for scale in scales:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-m", "bench.analytics", scale],
                env={
                    **os.environ,
                    "TALLYGATE_HOME": f"{folder}/home",
                    "DJANGO_SETTINGS_MODULE": "tallygate.web.settings",
                },
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        *lines, last = done.stdout.splitlines()
        print("\n".join(lines), flush=True)
        for name, median_ms in json.loads(last).items():
            medians.setdefault(name, []).append(median_ms)
    for name, found in medians.items():
        for scale, median_ms in zip(scales[1:], found[1:], strict=True):
            ratio = median_ms / found[0]
            print(
                f"   {name:<45} scale {scale} / scale {scales[0]}: ratio of p50 of a core {ratio:.2f}"
            )


def _one(scale: float) -> None:
    """Makes the history of one scale, and asks; the last line is the medians as JSON."""
    import django

    django.setup()
    from django.core.management import call_command

    from tallygate.domain.clock import ManualClock
    from tallygate.history import History
    from tallygate.settings import load
    from tallygate.web import runtime

    settings, clock = load(), ManualClock.at(NOW_S)
    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    products = [_catalog(number) for number in range(max(round(scale), 1))]
    history = History.open(settings, clock)
    engine = history._engine
    for product in products:
        _generate(engine, product, min(scale, 1.0))
    for table in ("raw", "usage_quarter", "usage_minute"):
        engine.execute(f"OPTIMIZE TABLE history.{table} FINAL")  # as merges would in time
    _tell_size(engine, scale, settings.home, time.perf_counter() - begun)
    runtime.history = lambda: history  # type: ignore[assignment]
    runtime.clock = lambda: clock  # type: ignore[assignment]
    medians = {}
    for name, ask in _questions(products[0]).items():
        times_ms, cpu_ms = _times_ms(ask)
        p99_ms = statistics.quantiles(times_ms, n=100)[98]
        aim = "" if p99_ms <= AIM_MS else f", more than the aim of {AIM_MS} ms"
        print(
            f"   {name:<45} p50 {statistics.median(times_ms):6.1f} ms, p99 {p99_ms:6.1f} ms{aim};"
            f" of a core p50 {statistics.median(cpu_ms):6.1f} ms",
            flush=True,
        )
        medians[name] = statistics.median(cpu_ms)
    history.close()
    print(json.dumps(medians))


def _catalog(number: int) -> "Product":
    """A product with its methods, and applications `0001`... of some accounts and plans."""
    from django.db import transaction

    from tallygate.catalog.models import (  # fmt: skip
        Account,
        Application,
        ApplicationPlan,
        Metric,
        Product,
        Provider,
    )

    with transaction.atomic():
        owner = Provider.objects.first() or Provider.objects.create(name="Acme")
        product = Product.objects.create(provider=owner, name=f"Product {number}")
        for method in range(METHODS):
            Metric.objects.create(
                product=product, parent=product.hits, friendly_name=f"Method {method}"
            )
        plans = [ApplicationPlan.objects.create(product=product, name=f"P{n}") for n in range(4)]
        accounts = [Account.objects.create(provider=owner, org_name=f"A{n}") for n in range(100)]
        for n in range(APPLICATIONS):
            Application.objects.create(
                account=accounts[n % 100], plan=plans[n % 4], name=f"Application {n}", application_id=f"{n:04}"
            )  # fmt: skip
    return product


def _generate(engine: "Engine", product: "Product", density: float) -> None:
    """Roll-ups and entries such as the historian writes, but straight from the engine's own numbers."""
    hits, *methods = (str(each.pk) for each in product.metrics.order_by("pk"))
    mean = HITS / (APPLICATIONS * YEAR_S / QUARTER_S * ACTIVE)
    series = {f"m:{hits}": (1.0, mean)}
    series |= {f"m:{method}": (0.5**n, mean / 2) for n, method in enumerate(methods, 1)}
    for code, share in CODES.items():
        series |= {f"c:{code}": (share, mean / 2), f"mc:{code}:{hits}": (share, mean / 2)}
    since_s = NOW_S - YEAR_S
    for name, (share, value) in series.items():
        active = ACTIVE * density * share
        _fill(engine, "history.usage_quarter", QUARTER_S, since_s, product, name, active, value)
        if not name.startswith("mc:"):
            few = active / 10
            _fill(engine, "history.usage_minute", MINUTE_S, NOW_S - MINUTES_S, product, name, few, value / 15)  # fmt: skip
    for table in ("history.usage_quarter", "history.usage_minute"):
        for name in series:
            engine.execute(
                f"INSERT INTO {table} SELECT series, product, '', t, sum(value) FROM {table}"
                " WHERE series = {series} AND product = {product} GROUP BY series, product, t",
                series=name,
                product=product.service_id,
            )
    entries = round(RAW_ENTRIES * density) if product.pk == 1 else 0
    for day in range(30):
        engine.execute(
            "INSERT INTO history.raw SELECT {product}, leftPad(toString(intHash32(number) % {applications}), 4, '0'),"
            " {begin} + intDiv(number * 86400000, {count}), [{hits}], [1], 200, '', 1 FROM numbers({count})",
            product=product.service_id, applications=APPLICATIONS, hits=hits,
            begin=(NOW_S - RAW_S + day * 86_400) * 1000, count=max(entries // 30, 1),
        )  # fmt: skip


def _fill(
    engine: "Engine",
    table: str,
    step_s: int,
    since_s: int,
    product: "Product",
    series: str,
    active: float,
    mean: float,
) -> None:
    """Values of each application in some steps of its own: one in each of as many slots of equal length."""
    steps = (NOW_S - since_s) // step_s
    each = max(round(steps * active), 1)
    engine.execute(
        f"INSERT INTO {table} SELECT {{series}}, {{product}}, leftPad(toString(intDiv(number, {{each}})), 4, '0'),"
        " {begin} + {step} * (intDiv((number % {each}) * {steps}, {each}) + intHash32(number + {salt}) % {slot}),"
        " 1 + intHash32(number) % {most} FROM numbers({count})",
        series=series, product=product.service_id, each=each, begin=since_s // step_s * step_s, step=step_s,
        steps=steps, salt=len(series) * 7919, slot=max(steps // each, 1), most=max(round(2 * mean) - 1, 1),
        count=APPLICATIONS * each,
    )  # fmt: skip


def _tell_size(engine: "Engine", scale: float, home: Path, took_s: float) -> None:
    ((rollups, hits),) = engine.query(
        "SELECT count(), sumIf(value, series LIKE 'm:%' AND application = '') FROM history.usage_quarter"
    )
    ((entries,),) = engine.query("SELECT count() FROM history.raw")
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    print(
        f"   scale {scale:g}: {rollups:,} rows by the quarter of an hour, {entries:,} entries,"
        f" usage of {hits:,} in all, {size / 1e6:,.0f} MB, made in {took_s:,.0f} s",
        flush=True,
    )


def _questions(product: "Product") -> dict[str, Callable[[], Any]]:
    """As pages and the API ask them: parameters read, records found, answer given."""
    from tallygate.catalog.models import Application

    one = Application.objects.get(product=product, application_id="0500").pk
    whose = {"product": str(product.pk)}
    ranked = {**whose, "last": "30d", "split": "application", "granularity": "total"}
    return {
        "Traffic, 12 months by day": lambda: _asked(
            **whose, last="12mo", granularity="day", metric="hits", compare="previous"
        ),
        "one application, 90 days by hour": lambda: _asked(
            application=str(one), last="90d", granularity="hour"
        ),
        "top 10 of 1,000, 30 days in Kolkata": lambda: _asked(
            **ranked, limit="10", timezone="Asia/Kolkata"
        ),
        "response codes, 30 days by day": lambda: _asked(
            **whose, last="30d", granularity="day", split="response_code"
        ),
        "the product's overview, 30 days": lambda: _overview(product),
    }


def _asker() -> Any:
    from tallygate.catalog.access import Principal
    from tallygate.catalog.models import Provider

    return Principal(Provider.objects.get(), frozenset(), is_admin=True)


def _asked(**given: str) -> Any:
    from tallygate.analytics.parameters import Parameters
    from tallygate.api.v1.answers import Call
    from tallygate.api.v1.asked import NAMES, Asked

    parameters = Parameters({name: [text] for name, text in given.items()}, NAMES)
    return Asked(Call(_asker(), parameters, "json", NOW_S)).page()


def _overview(product: "Product") -> Any:
    """All figures of the page: totals, metrics, applications that stand out, codes."""
    from tallygate.console.overview import figures, scope
    from tallygate.domain.calendar import Granularity, find_zone, last
    from tallygate.web import runtime

    about = scope.of_product(_asker(), product)
    with runtime.history().snapshot() as now:
        return figures.ask(now, about, last(find_zone("UTC"), NOW_S, 30, Granularity.DAY))


def _times_ms(ask: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """How long answers took, and how long a core worked for each: other work on the machine does not change that."""
    ask()
    times_ms, cpu_ms = [], []
    for _ in range(ROUNDS):
        begun, worked = time.perf_counter(), time.process_time()
        ask()
        times_ms.append((time.perf_counter() - begun) * 1000)
        cpu_ms.append((time.process_time() - worked) * 1000)
    return times_ms, cpu_ms


if __name__ == "__main__":
    _one(float(sys.argv[1]))
