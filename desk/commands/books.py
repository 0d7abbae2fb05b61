"""`read` and `passages`: what is in a book, before any model is asked."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from desk import ranking
from desk.commands import options
from desk.files import read_text, write_text
from desk.here import Here
from desk.shown import count, one_line, visible
from inscape.errors import BookError, UsageError
from inscape.progress import Progress, Reading

if TYPE_CHECKING:
    from corpus.book import Book


def read(
    ctx: typer.Context,
    book: options.Book,
    out: options.TextOut = None,
    json: options.Json = False,
    password_env: options.Password = None,
    ocr: options.Ocr = False,
) -> None:
    """Show a book's clean text."""
    here = ctx.ensure_object(Here)
    found = open_book(here, book, password_env, ocr=ocr)
    for warning in found.warnings:
        here.say(f"Note: {one_line(warning)}", "yellow")
    if out is not None:
        write_text(out, found.text + "\n")
        here.say(f"Wrote {count(found.words, 'word')} to {out}")
    if json:
        here.emit(_described(found))
    elif out is None:
        typer.echo(visible(found.text) if here.out.is_terminal else found.text)


def open_book(here: Here, path: Path, password_env: str | None, *, ocr: bool) -> "Book":
    from corpus.reader import read_book
    from desk.watch import watching

    password = password_from(password_env)
    with watching(here.err, patience=3) as progress:
        return read_book(path, password=password, ocr=ocr, progress=pages(progress, path))


def password_from(variable: str | None) -> str | None:
    from inscape.settings import secret

    return secret(variable) if variable else None


def pages(progress: Progress, path: Path) -> Callable[[int, int], None]:
    """The reader's page numbers as events."""
    return lambda page, total: progress(Reading(path.name, page, total))


def _described(book: "Book") -> dict[str, Any]:
    return {
        "book": book.sha256,
        "title": book.title,
        "author": book.author,
        "pages": book.pages,
        "words": book.words,
        "chapters": list(book.chapters),
        "dropped": dict(book.dropped),
        "warnings": list(book.warnings),
    }


def passages(
    ctx: typer.Context,
    books: options.Books = None,
    score: options.ScoreFile = None,
    top: options.Top = None,
    phenomenon: options.Kind = None,
    md: options.Page = None,
    json: options.Json = False,
    password_env: options.Password = None,
    ocr: options.Ocr = False,
    ray: options.Ray = None,
) -> None:
    """List a book's passages, the richest in inner experience first."""
    here = ctx.ensure_object(Here)
    if bool(books) == bool(score):
        raise UsageError(
            "Name one or more books, or a file with --score (and not both)",
            hint="inscape passages book.pdf --top 20",
        )
    wanted = here.library.phenomenon(phenomenon).id if phenomenon else None
    unread: list[BookError] = []
    if score:
        ranked = _score(here, score)
    elif ray is not None:
        ranked = _rank_with_ray(here, books or [], without_password(ray, password_env), ocr, unread)
    else:
        ranked = _rank(here, books or [], password_env, ocr=ocr)
    chosen = [one for one in ranked if wanted is None or wanted in one.rating.phenomena][:top]
    if md is not None:
        write_text(md, ranking.page(chosen))
        many = count(len(chosen), "passage")
        here.say(f"Wrote {many} to {md}; a run takes it with --passages {md}")
    for one in chosen if json else ():
        here.emit(one.as_json())
    if not json and md is None:
        ranking.show(here.out, chosen)
    if unread:
        from graph.library import together

        raise together(unread, len(books or []))


def without_password(ray: str, password_env: str | None) -> str:
    """A password would have to go to every worker, and to what Ray keeps on disk."""
    if password_env is not None:
        raise UsageError("--ray takes no password", hint="Read a locked book without --ray")
    return ray


def _rank(
    here: Here, books: list[Path], password_env: str | None, *, ocr: bool
) -> list["ranking.Ranked"]:
    from desk.watch import watching
    from graph.studying import HowRead, study

    password = password_from(password_env)
    with watching(here.err, patience=3) as progress:
        rank = ranking.Ranking(here.library, here.settings().embedder, progress)
        found = [study(path, rank.scout, HowRead(ocr, password), progress) for path in books]
        return ranking.richest_first(found)


def _rank_with_ray(
    here: Here, books: list[Path], ray: str, ocr: bool, unread: list[BookError]
) -> list["ranking.Ranked"]:
    """`unread` is told of the books that could not be read."""
    from desk.watch import watching
    from graph.library import Workers, studied

    workers = Workers(ray, here.library, here.settings().embedder, ocr)
    with watching(here.err, patience=3) as progress:
        found = [result for _, result in studied(books, workers, progress)]
    unread += [one for one in found if isinstance(one, BookError)]
    return ranking.richest_first(one for one in found if not isinstance(one, BookError))


def _score(here: Here, file: Path) -> list["ranking.Ranked"]:
    from dataset.passages_md import read_scored
    from desk.watch import watching

    highlights = read_scored(read_text(file), name=str(file))
    with watching(here.err, patience=3) as progress:
        rank = ranking.Ranking(here.library, here.settings().embedder, progress)
        return rank.rate([ranking.passage_of(one) for one in highlights])
