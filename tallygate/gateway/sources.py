"""Where configurations come from: a file, or the portal, as gateways of 3scale ask it."""

import json
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

import aiohttp

from tallygate import __version__
from tallygate.domain.errors import InputError
from tallygate.gateway.options import Environment

PER_PAGE: Final = 500
_TIMEOUT_S: Final = 30.0

Contents = list[Any]
"""The `content` of each product's newest version."""


class SourceFailed(Exception):
    """There is no configuration now; the message says why."""


class Source(Protocol):
    name: str

    async def fetch(self) -> Contents:
        """Raises SourceFailed."""
        ...


def source(given: str, environment: Environment) -> Source:
    """The source of that name: the URL of a portal, or a file's path.

    Raises:
        InputError: It is a URL, but none of a portal.
    """
    if "://" in given:
        return Portal(given, environment)
    return File(Path(given))


class File:
    """`{"services": [content...]}`, as gateways of 3scale read it, or what the portal answers to `proxy_configs`."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    async def fetch(self) -> Contents:
        try:
            return _contents(json.loads(self._path.read_bytes()))
        except (OSError, ValueError) as error:
            raise SourceFailed(f"{self.name}: {error}") from None


class Portal:
    """The newest configurations of all products that an access token may see."""

    def __init__(self, url: str, environment: Environment) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username:
            raise InputError("a portal is given as http://ACCESS_TOKEN@HOST:PORT")
        place = parts.netloc.rpartition("@")[2]
        self.name = urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))
        self._auth = aiohttp.BasicAuth(unquote(parts.username), unquote(parts.password or ""))
        self._environment = environment

    async def fetch(self) -> Contents:
        try:
            async with aiohttp.ClientSession(
                auth=self._auth,
                timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
                headers={"User-Agent": f"tallygate-gateway/{__version__}"},
            ) as session:
                return await self._pages(session)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise SourceFailed(f"{self.name}: {error or type(error).__name__}") from None

    async def _pages(self, session: aiohttp.ClientSession) -> Contents:
        found: Contents = []
        page = 1
        while True:
            more = await self._page(session, page)
            found += more
            if len(more) < PER_PAGE:
                return found
            page += 1

    async def _page(self, session: aiohttp.ClientSession, page: int) -> Contents:
        url = f"{self.name}/admin/api/account/proxy_configs/{self._environment}.json"
        asked = {"version": "latest", "page": str(page), "per_page": str(PER_PAGE)}
        async with session.get(url, params=asked) as response:
            if response.status != 200:
                raise SourceFailed(f"{self.name} answered {response.status}")
            return _contents(await response.json(content_type=None))


def _contents(given: object) -> Contents:
    """Raises ValueError: it has another form."""
    if isinstance(given, dict) and isinstance(given.get("services"), list):
        return list(given["services"])
    try:
        return [each["proxy_config"]["content"] for each in given["proxy_configs"]]  # type: ignore[index]
    except (KeyError, TypeError):
        raise ValueError("no list of services, and no list of proxy_configs") from None
