"""What was asked, by name: texts, as the query of a URL has them."""

from collections.abc import Collection, Mapping, Sequence

from tallygate.domain.errors import QuestionError


class Parameters:
    """Parameters by name. A blank one is the same as none; of those that may be several, commas stand between them."""

    def __init__(self, given: Mapping[str, Sequence[str]], known: Collection[str]) -> None:
        """
        Args:
            given: All values of each name.
            known: The names there are: a mistyped one is to be noticed.

        Raises:
            QuestionError: A name is not known.
        """
        for name in given:
            if name not in known:
                raise QuestionError(
                    f"There is no parameter {name}; there are {', '.join(sorted(known))}"
                )
        self._given = {name: [text.strip() for text in texts] for name, texts in given.items()}

    def one(self, name: str) -> str | None:
        """The only value; None if there is none. Raises QuestionError if there are several."""
        texts = [text for text in self._given.get(name, ()) if text]
        if len(texts) > 1:
            raise QuestionError(f"{name} must have one value")
        return texts[0] if texts else None

    def many(self, name: str) -> tuple[str, ...]:
        """All values, each once, in their order."""
        texts = (part.strip() for text in self._given.get(name, ()) for part in text.split(","))
        return tuple(dict.fromkeys(filter(None, texts)))

    def choice(self, name: str, choices: Sequence[str]) -> str | None:
        """The only value, which is one of the choices. Raises QuestionError if it is not."""
        text = self.one(name)
        if text is not None and text not in choices:
            raise QuestionError(f"{name} must be one of {', '.join(choices)}, not {text}")
        return text

    def choices(self, name: str, choices: Sequence[str]) -> tuple[str, ...]:
        """All values, each one of the choices. Raises QuestionError if one is not."""
        for text in self.many(name):
            if text not in choices:
                raise QuestionError(f"{name} must be among {', '.join(choices)}, not {text}")
        return self.many(name)

    def number(self, name: str, least: int, most: int) -> int | None:
        """The only value, a whole number. Raises QuestionError if it is none, or too small or too great."""
        text = self.one(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise QuestionError(f"{name} must be a whole number, not {text}")
        if not least <= int(text) <= most:
            raise QuestionError(f"{name} must be from {least} to {most}, not {text}")
        return int(text)

    def fingerprint(self, *without: str) -> str:
        """The same for the same question; for another, another."""
        return repr(sorted((n, t) for n, t in self._given.items() if n not in without and any(t)))
