"""The form of a mapping rule's pattern, as a validator of forms and models."""

from django.core.exceptions import ValidationError

from tallygate.domain.mapping_patterns import problems


def validate_pattern(value: str) -> None:
    """Accepts `/`, `/foo$`, `/foo$?bar=baz`, `/v1/{word}.json?id={id}`.

    Raises:
        ValidationError: With all that is wrong, in the protocol's words.
    """
    found = problems(value)
    if found:
        raise ValidationError([ValidationError(problem, code="invalid") for problem in found])
