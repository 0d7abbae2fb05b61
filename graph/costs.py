"""What calls may cost before they are made: the worst case of one, the likely price of many."""

import math

from agents.models import Price, parse_spec, thinking_room
from agents.models.base import Request, Usage
from agents.models.prices import in_batch, price_of, usd_of
from graph.gateway import Costing
from inscape.errors import SettingsError
from inscape.settings import Settings

# English runs at about four characters a token; three is on the safe side for any tokenizer.
_CHARACTERS_A_TOKEN = 3


def own_prices(settings: Settings) -> dict[str, Price]:
    """The `[prices]` of the settings file, as the models want them."""
    return {
        name: Price(
            price.input,
            price.output,
            price.input if price.cache_read is None else price.cache_read,
            price.input if price.cache_write is None else price.cache_write,
        )
        for name, price in settings.prices.items()
    }


def price(spec: str, settings: Settings) -> Price | None:
    """Rehearsal costs nothing; None when nobody knows."""
    known = parse_spec(spec)
    if known.provider == "rehearsal":
        return Price(0.0, 0.0, 0.0, 0.0)
    return price_of(known.name, own_prices(settings))


def round_price(spec: str, settings: Settings) -> Price | None:
    """The price of what a round asks: half, where it asks by batches."""
    listed = price(spec, settings)
    return in_batch(listed) if settings.batch else listed


def pays_for_caching(spec: str, settings: Settings) -> bool:
    """Whether a beginning that is put into the provider's cache costs more than one that is not."""
    known = price(spec, settings)
    return known is not None and known.cache_write > known.input


def worst_case(spec: str, settings: Settings, *, batch: bool = False) -> Costing:
    """Every input token written to the cache, and thoughts and answer as long as they may be.

    A budget in dollars cannot be kept with a model of unknown price, so that is refused here.
    """
    known, thinking = price(spec, settings), thinking_room(parse_spec(spec))
    known = in_batch(known) if batch else known
    if known is None and settings.max_usd is not None:
        raise SettingsError(
            f"No price is known of {spec!r}, so --max-usd cannot be kept",
            hint='Give its price under [prices."MODEL"] in inscape.toml, or use --max-calls',
        )

    def most(request: Request) -> float:
        tokens = request_tokens(request)
        usage = Usage(input=tokens, output=request.max_tokens + thinking)
        return usd_of(known, usage, cache_written=tokens) or 0.0

    return most


def request_tokens(request: Request, characters: int = _CHARACTERS_A_TOKEN) -> int:
    """The input tokens at so many characters each; an upper estimate when nothing is said."""
    text = len(request.system) + sum(len(message.content) for message in request.messages)
    return math.ceil((text + len(str(request.schema or ""))) / characters)
