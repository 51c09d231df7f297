"""`python -m tallygate.demo.prepare`: makes the demo on this home, as far as it is not made yet.

Prints the props as JSON. A process of its own, since it loads Django and is done soon.
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import track

from tallygate.commands import running
from tallygate.demo import sample, stage
from tallygate.demo.cast import CONSUMERS, DEVELOPER, METHODS, PRODUCT
from tallygate.demo.stage import Actor, Props, Stage
from tallygate.domain.clock import SystemClock
from tallygate.domain.errors import InputError, TallygateError
from tallygate.importing.sink import ListenerSink, Usage
from tallygate.settings import Settings, load, load_secrets

BATCH = 1_000


def main() -> int:
    """Ends with 1 and a line of text when the demo cannot be made."""
    try:
        props = prepare(load())
    except TallygateError as error:
        print(f"tallygate demo: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(props))
    return 0


def prepare(settings: Settings) -> Props:
    """Makes provider, product, applications and sample. The listener must run.

    Raises:
        InputError: The home holds a provider that is not the demo's.
        SinkFailed: The sample could not be counted; the next start goes on with it.
    """
    from tallygate.catalog.bootstrap import bootstrap, migrate

    migrate(settings)
    remembered = _remembered(settings)
    props = _make_catalog(bootstrap(settings))
    if not remembered.sampled:
        _send_sample(settings, props, remembered.sample_end_s)
        stage.write(settings, msgspec.structs.replace(remembered, sampled=True))
    return props


def _remembered(settings: Settings) -> Stage:
    """Noted before anything is made: so a start that breaks off is gone on with, and no more."""
    from tallygate.catalog.models import Provider

    remembered = stage.read(settings)
    if remembered is not None:
        return remembered
    if Provider.objects.exists():
        raise InputError(
            f"{settings.home} holds a provider of yours, so the demo stays out of it;"
            " start it on another folder with --home, or leave --demo out"
        )
    begun = Stage(SystemClock().now_s())
    stage.write(settings, begun)
    return begun


def _make_catalog(made: dict[str, Any]) -> Props:
    from django.db import transaction

    from tallygate.catalog.models import Product

    product = Product.objects.get(pk=made["product"]["id"])
    with transaction.atomic():
        if not product.metrics.filter(system_name=METHODS[0].name).exists():
            _make_product(product)
        actors = [_actor(product, made["plan"]["id"], *consumer[:2]) for consumer in CONSUMERS]
        developer_password = _developer(product)
    return Props(
        service_id=product.service_id,
        service_token=made["product"]["service_token"],
        provider_key=made["provider"]["provider_key"],
        username=made["admin"]["username"],
        password=made["admin"]["password"],
        actors=actors,
        developer=DEVELOPER,
        developer_password=developer_password,
        portal_path=f"/developer/{product.provider_id}",
    )


def _make_product(product: Any) -> None:
    """Names it and gives it methods; each call counts on its method alone, or else on hits."""
    from tallygate.catalog.models import MappingRule, Metric

    product.name = PRODUCT
    product.save()
    for place, method in enumerate(METHODS, 1):
        metric = Metric.objects.create(
            product=product,
            parent=product.hits,
            system_name=method.name,
            friendly_name=method.friendly_name,
        )
        MappingRule.objects.create(
            product=product,
            metric=metric,
            http_method=method.http_method,
            pattern=method.pattern,
            position=place,
            last=True,
        )


def _developer(product: Any) -> str | None:
    """Opens the Developer Portal and lets a developer of the first consumer in; gives the password if it was made now."""
    from tallygate.catalog import credentials
    from tallygate.catalog.models import Developer

    provider = product.provider
    account = provider.accounts.get(org_name=CONSUMERS[0].account)
    if account.developers.filter(username=DEVELOPER).exists():
        return None
    provider.site_access_code = ""
    provider.save()
    password = credentials.password()
    developer = Developer(
        account=account,
        username=DEVELOPER,
        email=f"{DEVELOPER}@northwind.example",
        role=Developer.Role.ADMIN,
        state=Developer.State.ACTIVE,
    )
    developer.set_password(password)
    developer.save()
    return password


def _actor(product: Any, plan_id: int, account: str, name: str) -> Actor:
    from tallygate.catalog.models import Account, Application

    owner, _ = Account.objects.get_or_create(provider=product.provider, org_name=account)
    found, _ = Application.objects.get_or_create(
        account=owner, product=product, name=name, defaults={"plan_id": plan_id}
    )
    return Actor(found.application_id, found.user_key)


def _send_sample(settings: Settings, props: Props, end_s: int) -> None:
    url = running.url_of(settings, "listener")
    if url is None:
        raise InputError("the listener does not run")
    sink = ListenerSink(url, load_secrets(settings.home).internal_token, props.service_id)
    reports = sample.reports(end_s, [actor.application_id for actor in props.actors])
    batches = track(
        list(_batches(reports)),
        description=f"Making a sample of {sample.DAYS} days",
        console=Console(stderr=True),
    )
    for batch in batches:
        outcome = sink.send(batch)
        if outcome.errors:
            raise InputError(f"the sample is refused: {outcome.errors[0].message}")
    sink.close()


def _batches(reports: Iterable[Usage]) -> Iterator[list[Usage]]:
    rest = iter(reports)
    while batch := list(islice(rest, BATCH)):
        yield batch


if __name__ == "__main__":
    sys.exit(main())
