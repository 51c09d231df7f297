"""What the commands ask of the catalog: plain data in and out. Only here do they load Django."""

from typing import TYPE_CHECKING, Any

from tallygate.domain.errors import InputError
from tallygate.domain.mapping_rules import RuleSet
from tallygate.settings import Settings

if TYPE_CHECKING:
    from tallygate.catalog.forgetting import Found
    from tallygate.catalog.models import Product


def open_catalog(settings: Settings) -> None:
    """Loads Django for this home.

    Raises:
        InputError: The home has no catalog yet.
    """
    if not settings.database.exists():
        raise InputError(
            f"there is no Tallygate in {settings.home}: start `tallygate serve` or"
            " `tallygate bootstrap` there first, or name another folder with --home"
        )
    from tallygate.catalog.bootstrap import migrate

    migrate(settings)


def rules_of(product_id: int) -> RuleSet:
    """A product's mapping rules with those of its backends; their metrics are system names.

    Raises:
        InputError: There is no such product, or it has no mapping rule.
    """
    from django.db.models import Q

    from tallygate.catalog import rule_sets
    from tallygate.catalog.models import MappingRule

    product = _product(product_id)
    backends = product.backend_usages.values("backend")
    if not MappingRule.objects.filter(Q(product=product) | Q(backend__in=backends)).exists():
        raise InputError(f"product {product_id} has no mapping rules: nothing would count")
    return rule_sets.of_product(product)


def applications_of(product_id: int) -> dict[str, str]:
    """All by which an application of the product can be named -> its protocol id.

    That is: its number, its user key and its protocol id; of two that are alike the later kind.
    """
    rows = list(_product(product_id).applications.values_list("pk", "user_key", "application_id"))
    found = {str(number): name for number, _, name in rows}
    found |= {key: name for _, key, name in rows}
    found |= {name: name for _, _, name in rows}
    return found


def application_of(product_id: int, application: str) -> str:
    """The protocol id of the application that a person named; '' names the product's only one.

    Raises:
        InputError: There is no such application, or there is not exactly one.
    """
    if application:
        found = applications_of(product_id).get(application)
        if found is None:
            raise InputError(f"product {product_id} has no application {application!r}")
        return found
    names = list(_product(product_id).applications.values_list("application_id", flat=True)[:2])
    if len(names) != 1:
        count = "several applications" if names else "no application"
        raise InputError(
            f"product {product_id} has {count}: say which one made the calls with --application ID,"
            " or which field of a line tells it with --application-by FIELD"
        )
    return str(names[0])


def to_forget(account: int | None, application: str, product: str) -> "Found":
    """What of the catalog, and who of ledger and history, goes with an account or an application.

    Args:
        application: A number, or with a product the id in the protocol.
        product: The product's id in the protocol; '' = none was given.

    Raises:
        InputError: Nothing is known of it.
    """
    from tallygate.catalog import forgetting

    if product:
        return forgetting.of_consumer(product, application)
    if account is not None:
        found, name = forgetting.of_account(account), f"account {account}"
    else:
        number = int(application) if application.isascii() and application.isdigit() else 0
        found, name = forgetting.of_application(number), f"application {application}"
    if found is None:
        raise InputError(
            f"nothing is known of {name}; an application is also found by its id, with --product ID"
        )
    return found


def erase(records: dict[str, list[int]]) -> None:
    """Deletes records, and what is told of them; see `catalog.forgetting`. Raises InputError when it cannot."""
    from django.db import DatabaseError

    from tallygate.catalog import forgetting

    try:
        forgetting.erase(records)
    except DatabaseError as error:
        raise InputError(f"the catalog cannot be written: {error}") from error


def traces(records: dict[str, list[int]]) -> dict[str, int]:
    """By place, how much is left of records; see `catalog.forgetting`."""
    from tallygate.catalog import forgetting

    return forgetting.traces(records)


def scrub() -> None:
    """Empties what the catalog's file holds of deleted records. Raises InputError when it cannot."""
    from django.db import DatabaseError

    from tallygate.catalog import forgetting

    try:
        forgetting.scrub()
    except DatabaseError as error:
        raise InputError(f"the catalog's file cannot be rewritten: {error}") from error


def publish(settings: Settings) -> None:
    """Copies to Redis what was changed before. Raises OSError when Redis is away."""
    from tallygate.catalog import shared_registry

    shared_registry.of_home(settings).flush()


def set_password(username: str, password: str | None) -> str:
    """Gives a user a new password, a random one if `password` is None, and ends their sessions.

    Raises:
        InputError: There is no such user, the password is too weak, or it cannot be written; the
            message says why.
    """
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import DatabaseError

    from tallygate.catalog import credentials
    from tallygate.catalog.models import User

    user = User.objects.filter(username=username).first()
    if user is None:
        raise InputError(f"there is no user {username!r}")
    chosen = credentials.password() if password is None else password
    try:
        validate_password(chosen, user)
    except ValidationError as error:
        raise InputError(" ".join(error.messages)) from None
    user.set_password(chosen)
    try:
        user.save(update_fields=["password"])
    except DatabaseError as error:
        raise InputError(f"the password cannot be set: {error}") from error
    return chosen


def bootstrap(settings: Settings) -> dict[str, Any]:
    """Creates what a first call needs, where it is not there yet; see `catalog.bootstrap`."""
    from tallygate.catalog.bootstrap import bootstrap as make

    return make(settings)


def _product(product_id: int) -> "Product":
    from tallygate.catalog.models import Product

    product = Product.objects.filter(pk=product_id).first()
    if product is None:
        known = ", ".join(
            f"{pk} ({name})" for pk, name in Product.objects.values_list("pk", "name")[:10]
        )
        raise InputError(f"there is no product {product_id}; there is: {known or 'none'}")
    return product
