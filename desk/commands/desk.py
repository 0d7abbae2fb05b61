"""`desk`: the review desk in the browser."""

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import typer

from desk.commands import options
from desk.here import Here

if TYPE_CHECKING:
    from desk.web.running import Runner


def desk(
    ctx: typer.Context,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8765,
    no_browser: options.NoBrowser = False,
    by: options.By = "person",
) -> None:
    """Open the review desk in the browser.

    Only this machine can reach it; with --host others can, who have the token that is printed.
    """
    from desk.web.desk import Desk
    from desk.web.serving import address, listen, make_server, open_browser

    here = ctx.ensure_object(Here)
    place = Desk(here.project, here.store, by)
    listener, door = listen(host, port)

    def ready() -> None:
        here.tell(address(door))
        here.say("The desk is open; Ctrl-C closes it.", "dim")
        place.bench.warm_up()
        if not no_browser:
            open_browser(address(door))

    with ExitStack() as open_, suppress(KeyboardInterrupt):  # which is how it is closed
        open_.callback(listener.close)
        open_.callback(place.bench.close)
        open_.callback(_leave, here, place.runner)
        make_server(place, door, ready).run(sockets=[listener])


def _leave(here: Here, runner: "Runner") -> None:
    if runner.ours:
        here.say("The run is asked to end; its calls in flight are kept.", "dim")
    if not runner.close():
        here.say("It still waits for answers, and ends by itself when they are there.", "yellow")
