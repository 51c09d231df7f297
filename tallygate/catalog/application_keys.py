"""Keys of an application beyond the one with which it is born."""

from django.core.exceptions import ValidationError

from tallygate.catalog.models import Application, ApplicationKey


def add_key(
    application: Application, value: str | None = None, said: str = "value"
) -> ApplicationKey:
    """A new key; made at random without a value.

    Args:
        said: What the caller calls the value, for the errors.

    Raises:
        ValidationError: It is no such key, it is there already, or there are as many as may be.
    """
    key = ApplicationKey(application=application)
    if value is not None:
        key.value = value
    try:
        key.save()
    except ValidationError as error:
        found = error.message_dict
        raise ValidationError(
            {said if name == "value" else name: messages for name, messages in found.items()}
        ) from error
    return key
