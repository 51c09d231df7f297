"""What other tools note on records of ours: which of them manages it."""

from django.core.exceptions import ValidationError

NAMES = ("managed_by",)
LONGEST = 255


def validate_annotations(value: object) -> None:
    """Raises ValidationError unless `value` is an object of known names and short texts."""
    if not isinstance(value, dict):
        raise ValidationError("must be an object", code="unknown")
    for name, text in value.items():
        if name not in NAMES:
            raise ValidationError(f"can only have {', '.join(NAMES)}", code="unknown")
        if not isinstance(text, str) or len(text) > LONGEST:
            raise ValidationError(f"{name} must be a text", code="unknown")
