"""What is told while training goes on, and how it is stopped gently."""

import time
from typing import Any

from transformers import TrainerCallback

from agents.training.channel import Channel


class Reporter(TrainerCallback):
    """One line a step. The speed leaves out the first step, which warms up, and evaluations."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.stopping = False
        self._seconds = 0.0
        self._timed_steps = 0
        self._tokens = 0.0
        self._timed_tokens = 0.0
        self._step_began: float | None = None

    def ask_to_stop(self, *_: object) -> None:
        """After the step under way: a checkpoint is written, then training ends."""
        self.stopping = True

    @property
    def step_seconds(self) -> float:
        """All steps but the first."""
        return self._seconds

    @property
    def tokens_per_second(self) -> float:
        return self._timed_tokens / self._seconds if self._seconds else 0.0

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._step_began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._step_began is not None and self._tokens:
            self._seconds += time.monotonic() - self._step_began
            self._timed_steps += 1
        if self.stopping:
            control.should_save = True
            control.should_training_stop = True

    def on_log(
        self,
        args: Any,
        state: Any,
        control: Any,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        logs = logs or {}
        if "eval_loss" in logs:
            loss = round(logs["eval_loss"], 6)
            self.channel.say("evaluated", step=state.global_step, eval_loss=loss)
        if "loss" not in logs:
            return
        tokens = float(logs.get("num_tokens") or 0.0)
        if self._timed_steps:
            self._timed_tokens += max(0.0, tokens - self._tokens)
        self._tokens = tokens or 1.0
        self.channel.say(
            "step",
            step=state.global_step,
            steps=state.max_steps,
            loss=round(logs["loss"], 6),
            tokens_per_second=round(self.tokens_per_second, 1),
            eta=round(self._left(state), 1),
        )

    def _left(self, state: Any) -> float:
        """Seconds, going by the steps so far."""
        if not self._timed_steps:
            return 0.0
        return float(state.max_steps - state.global_step) * self._seconds / self._timed_steps
