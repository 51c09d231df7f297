"""What schemathesis is told of our media types, and of parameters that exclude each other."""

from typing import Any

import schemathesis

schemathesis.serializer.alias(["application/x-ndjson"], "text/plain")


@schemathesis.hook
def map_query(_context: Any, query: Any) -> Any:
    """A call names its application in one way: by user key where there is one."""
    if isinstance(query, dict) and query.get("user_key"):
        return {name: query[name] for name in query if name not in ("app_id", "app_key")}
    return query
