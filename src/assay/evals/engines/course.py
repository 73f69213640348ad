"""The samples of one run of an engine: asked in the batches that the runner would make, whatever order it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.asking import Asked, ask, continuations
from assay.evals.models import Generation, Model, Prompt
from assay.evals.sampling import Sampling, seed_of

__all__ = ["Course"]


class Course:
    """Stands between an engine and a model; samples are called by their number, from 0."""

    def __init__(
        self, window: Sequence[Asked], model: Model, sampling: Sampling, options: Mapping[str, JSON], batch_size: int
    ) -> None:
        self.window = window
        self.sampling = sampling
        self.batch_size = batch_size
        self._model = model
        self._options = options
        self._said: dict[int, Generation] = {}
        self._kept: dict[int, Generation] = {}

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return -(-len(self.window) // self.batch_size)

    def members(self, batch: int) -> range:
        """Return the numbers of the samples of a batch."""
        return range(len(self.window))[batch * self.batch_size : (batch + 1) * self.batch_size]

    def prompt(self, number: int) -> Prompt:
        """Return what a sample is asked."""
        return self.window[number][1]

    def told(self, number: int) -> dict[str, JSON]:
        """Return how a sample is to be answered, in numbers as engines take them; or the choices to be rated."""
        sampling = self.sampling
        if sampling.mode == "loglik":
            return {"choices": continuations(self.window[number], self._options)}
        found: dict[str, JSON] = {"max_tokens": sampling.max_tokens, "stop": list(sampling.stop), "temperature": 0.0}
        if sampling.mode == "sampled":
            seed = seed_of(sampling.seed, self.window[number][0].id)
            found |= {"temperature": float(sampling.temperature), "top_p": float(sampling.top_p), "seed": seed}
        return found

    def check(self, number: int, prompt: Prompt, told: dict[str, JSON]) -> None:
        """Refuse to ask anything but what was to be asked.

        Raises:
            EvaluationError: the engine changed a prompt, or how it is to be answered.
        """
        if prompt.digest != self.prompt(number).digest or told != self.told(number):
            raise EvaluationError(f"the engine changed what sample {self._id(number)!r} is asked")

    def answer(self, batch: int) -> None:
        """Ask the model all samples of a batch, the first being 0.

        Raises:
            AssayError: as the model does.
        """
        numbers = self.members(batch)
        found = ask(self._model, [self.window[at] for at in numbers], self.sampling, self._options)
        self._said.update(zip(numbers, found, strict=True))

    def said(self, number: int) -> Generation:
        """Return what the model said to a sample that was asked."""
        return self._said[number]

    def keep(self, number: int, text: str) -> None:
        """Note the answer as it came out of the engine."""
        self._kept[number] = self._said[number]._replace(text=text)

    def answers(self) -> list[Generation]:
        """Return what came out of the engine, in order.

        Raises:
            EvaluationError: a sample has no answer.
        """
        for number in range(len(self.window)):
            if number not in self._kept:
                raise EvaluationError(f"the engine gave no answer to sample {self._id(number)!r}")
        return [self._kept[number] for number in range(len(self.window))]

    def _id(self, number: int) -> str:
        return self.window[number][0].id
