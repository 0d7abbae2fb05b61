"""The language models: named by a spec, opened with the environment's keys, asked in one way."""

from collections.abc import Mapping

from agents.models.base import Model
from agents.models.clients import Clients, server_of
from agents.models.prices import Price, price_of
from agents.models.specs import Spec, parse_spec
from agents.models.wire import Line, thinking_room
from inscape.keys import Keys

__all__ = ["Clients", "Model", "Price", "Spec", "open_model", "parse_spec", "thinking_room"]


def open_model(
    spec: str,
    *,
    keys: Keys,
    timeout: float,
    prices: Mapping[str, Price] | None = None,
    clients: Clients | None = None,
) -> Model:
    """Raises UsageError for a spec that is none, MissingKey before anything is sent.

    Models opened with the same `clients` share its connections, and closing it closes them.
    """
    known = parse_spec(spec)
    if known.provider == "rehearsal":
        from agents.models.rehearsal import Rehearsal

        return Rehearsal()
    server = server_of(known, keys)
    client = (clients or Clients()).of(server, timeout)
    price = price_of(known.name, prices or {})
    line = Line(known, server.url, timeout, price, keys.secrets)
    if known.provider == "anthropic":
        from agents.models.anthropic import AnthropicModel

        return AnthropicModel(line, client)
    from agents.models.openai import OpenAIModel

    return OpenAIModel(line, client)
