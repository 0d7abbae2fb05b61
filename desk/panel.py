"""The critic outside a run: the same judges over the same gateway, and what they are given."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.critic import Critic, Policy
from agents.models.base import Model
from graph.reaching import reaching
from inscape.project import Project
from inscape.settings import Settings
from memory.store import Store
from prompts.library import Library


@contextmanager
def some_store(project: Project) -> Iterator[Store]:
    """The project's, so that nothing is paid for twice; without a project one for this once."""
    if project.exists:
        with Store.of(project) as store:
            yield store
        return
    with (
        TemporaryDirectory(prefix="inscape-") as place,
        Store.open(Path(place, "once.db")) as store,
    ):
        yield store


@asynccontextmanager
async def critic_of(
    specs: Sequence[str], settings: Settings, library: Library, store: Store
) -> AsyncIterator[Critic]:
    """A critic whose judges are limited, retried and paid once. Without `specs` it only checks."""
    async with reaching(settings, store) as reach:
        yield Critic(
            [reach.model(spec) for spec in specs], library, Policy(**settings.verdicts.model_dump())
        )


@asynccontextmanager
async def model_of(spec: str, settings: Settings, store: Store) -> AsyncIterator[Model]:
    """One model on the same terms."""
    async with reaching(settings, store) as reach:
        yield reach.model(spec)
