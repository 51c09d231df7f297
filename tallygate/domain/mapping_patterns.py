"""What a mapping rule may look like: the rules that 3scale's own forms and API apply."""

import re

METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")
"""The HTTP methods that a rule may name, in the order in which forms list them."""

PATTERN_AT_MOST = 255

INVALID = "is invalid"
BLANK = "can't be blank"
TOO_LONG = f"is too long (maximum is {PATTERN_AT_MOST} characters)"
REPEATED = "Can't have repeated variable names"
VARIABLE_AS_KEY = "Can't use variables as keys in the querystring"

_UNRESERVED = r"\-_.!~*'()a-zA-Z\d"
_ESCAPED = r"%[a-fA-F\d]{2}"
_VARIABLE = re.compile(r"\{(\w+)\}", re.ASCII)
_SEGMENT = rf"(?:[{_UNRESERVED}:@&=+,;]|{_ESCAPED}|{_VARIABLE.pattern})*"
_QUERY = rf"(?:[{_UNRESERVED};/?:@&=+$,\[\]]|{_ESCAPED}|\w+={_VARIABLE.pattern})*"
_PATTERN = re.compile(rf"(?:/{_SEGMENT})+\$?(?:\?{_QUERY})?", re.ASCII)


def problems(pattern: str) -> list[str]:
    """What is wrong with a rule's pattern, in the words of the protocol; empty = nothing."""
    if not pattern.strip():
        return [BLANK]
    if len(pattern) > PATTERN_AT_MOST:
        return [TOO_LONG]
    found = [] if _PATTERN.fullmatch(pattern) else [INVALID]
    path, _, query = pattern.partition("?")
    keys = [pair.partition("=")[0] for pair in query.split("&") if pair]
    names = _VARIABLE.findall(path) + keys
    if len(names) != len(set(names)):
        found.append(REPEATED)
    if any(_VARIABLE.search(key) for key in keys):
        found.append(VARIABLE_AS_KEY)
    return found
