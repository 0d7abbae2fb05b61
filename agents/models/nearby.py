"""Servers of this machine that offer models in OpenAI's language, looked for at the usual places.

Only addresses of this machine are asked, and the one that a person set themselves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import httpx2

from inscape.keys import Keys

USUAL: Mapping[str, str] = {
    "Ollama": "http://localhost:11434/v1",
    "vLLM": "http://localhost:8000/v1",
    "LM Studio": "http://localhost:1234/v1",
    "llama.cpp": "http://localhost:8080/v1",
}
_PATIENCE = 1.0  # seconds; a server on this machine answers in hundredths


class Nearby(NamedTuple):
    """A server and what it offers. `url` is "" for the one that OPENAI_BASE_URL names already."""

    name: str
    url: str
    models: Sequence[str]

    def spec(self, model: str) -> str:
        return f"openai:{model}@{self.url}" if self.url else f"openai:{model}"


async def nearby(keys: Keys, usual: Mapping[str, str] = USUAL) -> list[Nearby]:
    """Those that answered, with one model at least."""
    places = [(name, url, url) for name, url in usual.items()]
    if keys.openai_base_url:
        places.insert(0, ("OPENAI_BASE_URL", "", keys.openai_base_url.rstrip("/")))
    async with httpx2.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
        offers = await asyncio.gather(*(_offered(client, asked) for _, _, asked in places))
    return [
        Nearby(name, url, models)
        for (name, url, _), models in zip(places, offers, strict=True)
        if models
    ]


async def _offered(client: httpx2.AsyncClient, url: str) -> list[str]:
    """The ids under `/models`; nothing from what is not there or is something else."""
    try:
        body = (await client.get(f"{url}/models")).json()
        return [str(one["id"]) for one in body["data"]]
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError):
        return []
