"""inspect_ai carries the run: a task of its samples, and a provider of its own that asks the model batch by batch.

A batch is asked the moment its last sample has come in, in whatever order the engine schedules them. Log-likelihoods
come back as the text that the runner makes of them: the engine knows answers only.
"""

from __future__ import annotations

import importlib
import tempfile
from collections import Counter, defaultdict
from typing import Any

from assay.evals.engines.course import Course
from assay.evals.models import Generation, Prompt, Turn

__all__ = ["EXTRA", "PACKAGE", "VERSION", "carry"]

PACKAGE, VERSION, EXTRA = "inspect_ai", "0.3.285", "inspect"

_NAME = "assay"
_ROLES = {"system": "ChatMessageSystem", "user": "ChatMessageUser", "assistant": "ChatMessageAssistant"}
_STOPS = {"length": "max_tokens", "refusal": "content_filter", "error": "unknown"}
"""What this engine calls the ends that are not `stop`."""


def carry(course: Course) -> None:
    """Put every sample of `course` through the engine.

    Raises:
        AssayError: as the model does.
        EvaluationError: the engine changed what it was to ask.
        KeyboardInterrupt: the run was interrupted.
    """
    library = importlib.import_module("inspect_ai.model")
    provider = type("Provider", (_Provider, library.ModelAPI), {"course": course, "library": library})
    logs = importlib.import_module("inspect_ai").eval(
        _task(course, library),
        model=library.Model(library.modelapi(name=_NAME)(provider)(_NAME), library.GenerateConfig()),
        log_dir=tempfile.gettempdir(),  # that of `confined`
        log_level="critical",
        display="none",
        log_samples=False,
        log_realtime=False,
        score=False,
        ctl_server=False,
        acp_server=False,
        fail_on_error=True,
        debug_errors=True,
        retry_on_error=0,
        max_retries=0,
        # A batch waits for its last sample, so all of it must be under way at once.
        max_samples=course.batch_size,
        max_connections=course.batch_size,
        adaptive_connections=False,
    )
    if not logs or logs[0].status == "cancelled":
        raise KeyboardInterrupt


def _task(course: Course, library: Any) -> Any:
    """Return the samples as a task whose solver asks each as it stands and keeps the answer."""
    datasets = importlib.import_module("inspect_ai.dataset")
    solver = importlib.import_module("inspect_ai.solver").solver

    def asking() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            number = state.sample_id
            told = course.told(number)
            more = {"sample": number, "choices": told.pop("choices", None)}
            state = await generate(state, stop_seqs=told.pop("stop", None), **told, extra_body=more)
            course.keep(number, state.output.completion)
            return state

        return solve

    samples = []
    for number in range(len(course.window)):
        prompt = course.prompt(number)
        turns = prompt.turns or (Turn("user", prompt.text),)
        said = [getattr(library, _ROLES[turn.role])(content=turn.content) for turn in turns]
        samples.append(datasets.Sample(id=number, input=said))
    task = importlib.import_module("inspect_ai").Task
    return task(name=_NAME, dataset=datasets.MemoryDataset(samples), solver=solver(name=_NAME)(asking)())


class _Provider:
    """ModelAPI: gathers a batch, has it answered, and gives each sample its own answer."""

    course: Course
    library: Any

    def __init__(self, name: str) -> None:
        super().__init__(name)  # type: ignore[call-arg] # of the engine's class
        event = importlib.import_module("anyio").Event
        self._arrived: Counter[int] = Counter()
        self._answered: defaultdict[int, Any] = defaultdict(event)

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> Any:  # noqa: A002, ARG002
        """Return the answer to one sample, when those that are asked with it are here too."""
        number = config.extra_body["sample"]
        self.course.check(number, _prompt(self.course.prompt(number), input), _told(config))
        batch = number // self.course.batch_size
        self._arrived[batch] += 1
        if self._arrived[batch] == len(self.course.members(batch)):
            self.course.answer(batch)
            self._answered[batch].set()
        await self._answered[batch].wait()
        return _output(self.library, self.course.said(number))

    async def count_text_tokens(self, text: str) -> int:
        """Return a number; the engine's own way fetches a table."""
        return len(text)


def _prompt(asked: Prompt, messages: Any) -> Prompt:
    """Return the prompt that arrived, a text or a talk as it was sent."""
    turns = tuple(Turn(message.role, message.text) for message in messages)
    return Prompt("", turns) if asked.turns or len(turns) != 1 else Prompt(turns[0].content)


def _told(config: Any) -> dict[str, Any]:
    found = {
        "max_tokens": config.max_tokens, "stop": config.stop_seqs, "temperature": config.temperature,
        "top_p": config.top_p, "seed": config.seed, "choices": config.extra_body["choices"],
    }  # fmt: skip
    return {key: value for key, value in found.items() if value is not None}


def _output(library: Any, said: Generation) -> Any:
    message = library.ChatMessageAssistant(content=said.text, source="generate")
    reason = _STOPS.get(said.stop_reason, "stop")
    usage = library.ModelUsage(
        input_tokens=said.tokens_in, output_tokens=said.tokens_out, total_tokens=said.tokens_in + said.tokens_out
    )
    choice = library.ChatCompletionChoice(message=message, stop_reason=reason)
    return library.ModelOutput(model=_NAME, choices=[choice], usage=usage, error=said.error)
