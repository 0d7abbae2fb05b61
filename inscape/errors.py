"""Every error Inscape raises on purpose.

* InscapeError            something the user can act on: one line, a hint, an exit code
  + UsageError            the command was used wrongly (exit code 2)
  + SettingsError         a setting is missing, unknown or contradictory
  + ProjectError          the project directory cannot be used
    - Overtaken           what was shown is no longer so: somebody else was quicker
  + BookError             a book file cannot be read
    - BookMissing         there is no such file
    - BookEmpty           the file has no bytes
    - NotABook            the file is something else than its name says
    - BookDamaged         the file is broken
    - BookEncrypted       a password is needed
    - NoText              there are pages but no text on them
  + PromptError           a template, the rubric or the phenomena file is wrong
  + MissingExtra          an optional package is not installed
  + EmbedderGone          the process that turns texts into vectors has ended
  + ModelError            a language model call failed
    - MissingKey          no key in the environment
    - ModelRefusedCall    the server said no for good (key, model name, request)
      = BatchUnknown      a batch that was sent is not there (any more)
    - ModelUnavailable    no answer or a passing fault: worth another try
  + BudgetReached         the next call would exceed --max-usd or --max-calls
  + TrainingError         a model cannot be trained or spoken with
  + TrainingStopped       training was interrupted and can be resumed
"""

from pathlib import Path
from typing import Self


class InscapeError(Exception):
    """An error with a message for the user and, when there is one, a next step."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(InscapeError):
    exit_code = 2


class SettingsError(InscapeError):
    pass


class ProjectError(InscapeError):
    pass


class Overtaken(ProjectError):
    pass


class BookError(InscapeError):
    pass


class BookMissing(BookError):
    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(f"There is no book at {str(path)!r}", hint="Look at the path")


class BookEmpty(BookError):
    pass


class NotABook(BookError):
    pass


class BookDamaged(BookError):
    pass


class BookEncrypted(BookError):
    pass


class NoText(BookError):
    pass


class PromptError(InscapeError):
    pass


class MissingExtra(InscapeError):
    pass


class EmbedderGone(InscapeError):
    @classmethod
    def after(cls, code: int | None) -> Self:
        return cls(
            f"The process that turns texts into vectors has ended ({code})",
            hint="Was memory short? The same command goes on where it stopped",
        )


class ModelError(InscapeError):
    pass


class MissingKey(ModelError):
    pass


class ModelRefusedCall(ModelError):
    pass


class BatchUnknown(ModelRefusedCall):
    pass


class ModelUnavailable(ModelError):
    """`retry_after` is the server's own wish in seconds, when it gave one; `busy` when the server
    is there and only has too much to do; `slow` when no answer came in time."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after: float | None = None,
        busy: bool = False,
        slow: bool = False,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after
        self.busy = busy
        self.slow = slow


class BudgetReached(InscapeError):
    exit_code = 12


class TrainingError(InscapeError):
    pass


class TrainingStopped(InscapeError):
    exit_code = 130
