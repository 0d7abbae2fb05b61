"""How models are named, where their servers are, what they cost."""

import pytest

from agents.models import Clients, Price, Spec, open_model, parse_spec, thinking_room
from agents.models.base import Usage
from agents.models.clients import server_of
from agents.models.prices import list_prices, price_of, usd_of
from inscape.errors import SettingsError, UsageError
from inscape.keys import Keys


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("rehearsal", Spec("rehearsal", "rehearsal")),
        ("anthropic:claude-sonnet-5-5", Spec("anthropic", "claude-sonnet-5-5")),
        ("openai:gpt-5", Spec("openai", "gpt-5")),
        ("openai:llama3:8b@http://h:1/v1/", Spec("openai", "llama3:8b", "http://h:1/v1")),
        ("openai:org/m@2024@https://h/v1", Spec("openai", "org/m@2024", "https://h/v1")),
        (" openai:gpt-5 ", Spec("openai", "gpt-5")),
    ],
)
def test_a_spec_names_provider_model_and_server(text: str, spec: Spec) -> None:
    assert parse_spec(text) == spec
    assert parse_spec(spec.text) == spec


@pytest.mark.parametrize(
    "text",
    ["", "gpt-5", "anthropic:", "google:gemini", "openai: two words", "openai:m@localhost:8000/v1",
     "openai:m@10.0.0.1:8000", "openai:m@http://", "openai:m@http://user:pass@h/v1",
     "openai:m@http://h/v1?key=secret"],
)  # fmt: skip
def test_what_is_no_spec_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(text)
    assert caught.value.hint
    assert "pass" not in str(caught.value) and "secret" not in str(caught.value)


def test_a_server_is_found_in_the_spec_then_the_environment_then_at_home() -> None:
    keys = Keys(
        openai="k", openai_base_url="http://env:1/v1/", anthropic_base_url="http://env:2/v1"
    )
    assert server_of(parse_spec("openai:m@http://own:3/v1"), keys).url == "http://own:3/v1"
    assert server_of(parse_spec("openai:m"), keys).url == "http://env:1/v1"
    assert server_of(parse_spec("openai:m"), Keys(openai="k")).url == "https://api.openai.com/v1"
    assert server_of(parse_spec("anthropic:m"), keys).url == "http://env:2", "the SDK adds /v1"


def test_an_address_in_the_environment_must_be_one() -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL"):
        server_of(parse_spec("openai:m"), Keys(openai_base_url="localhost:8000"))


def test_rehearsal_needs_no_key_and_no_client() -> None:
    assert open_model("rehearsal", keys=Keys(), timeout=1, clients=Clients()).is_rehearsal


def test_keys_do_not_show_themselves() -> None:
    keys = Keys(anthropic="sk-ant-123456", openai=None)
    assert repr(keys) == "Keys(anthropic=set, openai=missing)"
    server = server_of(parse_spec("anthropic:m"), keys)
    assert "123456" not in repr(server)


def test_a_dated_name_costs_what_its_family_does() -> None:
    assert price_of("claude-haiku-4-5-20251001", {}) == price_of("claude-haiku-4-5", {})
    assert price_of("gpt-5-mini-2025-08-07", {}) == price_of("gpt-5-mini", {})
    assert price_of("anthropic/claude-opus-5", {}) == price_of("claude-opus-5", {})
    assert price_of("gpt-5-mini-of-our-own", {}) is None


def test_a_price_of_ones_own_wins() -> None:
    own = Price(1.0, 2.0, 0.5, 1.5)
    assert price_of("gpt-5", {"gpt-5": own}) == own
    assert price_of("gpt-5-2025-08-07", {"gpt-5": own}) == own


def test_every_list_price_is_sound() -> None:
    for name, price in list_prices().items():
        assert 0 < price.cache_read <= price.input <= price.cache_write < price.output, name


def test_cost_counts_fresh_cached_and_written_tokens_apart() -> None:
    price = Price(input=4.0, output=20.0, cache_read=0.4, cache_write=5.0)
    usage = Usage(input=1_000_000, output=100_000, cached=500_000)
    assert usd_of(price, usage, cache_written=200_000) == pytest.approx(1.2 + 0.2 + 1.0 + 2.0)
    assert usd_of(None, usage) is None


def test_only_models_that_may_think_get_room_for_it() -> None:
    assert thinking_room(parse_spec("anthropic:m")) == thinking_room(parse_spec("openai:m")) > 0
    assert thinking_room(parse_spec("openai:m@http://h/v1")) == 0
    assert thinking_room(parse_spec("rehearsal")) == 0
