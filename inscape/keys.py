"""API keys and server addresses, as the settings found them; never shown, never written."""

from dataclasses import dataclass


@dataclass(frozen=True, repr=False)
class Keys:
    """What the environment holds. `inscape.settings` makes it; only the adapters read it."""

    anthropic: str | None = None
    openai: str | None = None
    anthropic_base_url: str | None = None
    openai_base_url: str | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The strings that must appear in no message, longest first."""
        found = {key.strip() for key in (self.anthropic, self.openai) if key and key.strip()}
        return tuple(sorted(found, key=len, reverse=True))

    def __repr__(self) -> str:
        return f"Keys(anthropic={_shown(self.anthropic)}, openai={_shown(self.openai)})"


def _shown(key: str | None) -> str:
    return "set" if key else "missing"
