"""The header `3scale-options`: what a caller asks for beyond the plain answer."""

from functools import lru_cache

import msgspec
from msgspec.structs import replace

from tallygate.listener.parameters import Parameters, readable


class Options(msgspec.Struct, frozen=True):
    """All off unless asked for.

    Attributes:
        no_body: Answer without a body.
        rejection_reason_header: Name the reason of a denial in `3scale-rejection-reason`.
        limit_headers: Describe the most constrained limit in `3scale-limit-*` headers.
        hierarchy: List the children of the limited metrics.
        flat_usage: Do not roll usage up to ancestors.
        list_app_keys: List the application's keys.
    """

    no_body: bool = False
    rejection_reason_header: bool = False
    limit_headers: bool = False
    hierarchy: bool = False
    flat_usage: bool = False
    list_app_keys: bool = False


NONE = Options()


@lru_cache(maxsize=128)
def parse_options(header: str) -> Options:
    """The options of a header; one that cannot be read is ignored."""
    given = readable(header)
    flags = {
        name: given.get(name) == "1"
        for name in ("rejection_reason_header", "limit_headers", "hierarchy", "flat_usage", "list_app_keys")
    }  # fmt: skip
    return Options(no_body=wants_no_body(given), **flags)


def wants_no_body(given: Parameters) -> bool:
    """Whether `no_body` is on: any value but none, `0` and `false`."""
    value = given.get("no_body")
    return value is not None and value not in ("0", "false")


def with_no_body(options: Options, parameters: Parameters) -> Options:
    """`no_body` may also be asked for in the URL."""
    if options.no_body or not wants_no_body(parameters):
        return options
    return replace(options, no_body=True)
