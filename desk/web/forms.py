"""Forms as browsers send them by themselves: names and values, no files."""

from urllib.parse import parse_qsl

from fastapi import Request

from inscape.errors import ProjectError


async def form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name. The guard has bounded the body."""
    try:
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    except ValueError as error:
        raise ProjectError(f"The form cannot be read: {error}") from error
