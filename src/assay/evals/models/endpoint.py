"""A model that answers at an address, by the OpenAI-compatible API that most servers have.

What answers there nobody here can name by digest, so a result never rises above *logged*. Requests go out through
`egress`, one after another; an answer is bounded in size and time, and what fails costs that sample only.
Sources: the OpenAI API reference, chat completions and completions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assay.canonical import JSON
from assay.egress import Egress, EgressLimits
from assay.errors import EvaluationError, RemoteError
from assay.evals.models import Generation, Likelihood, Prompt
from assay.evals.sampling import Sampling

__all__ = ["LIMITS", "EndpointModel"]

LIMITS = EgressLimits(silence=300.0, request=600.0, total=7 * 24 * 3600.0)
"""A model may think for minutes before it says a word."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of one answer."""
_STOPS = {"stop": "end", "length": "length", "content_filter": "refusal"}
_OK = 200
_REFUSED = frozenset({401, 403, 404})
"""What says that no other sample will be answered either."""


@dataclass(frozen=True, slots=True)
class EndpointModel:
    """The model `name` at `address`, such as `https://host/v1`; texts are asked as the turn of a chat if `chat`."""

    address: str
    name: str
    key: str | None = None
    chat: bool = True
    egress: Egress = field(default_factory=lambda: Egress(LIMITS, allow_private=True))
    cpu_elsewhere: float = 0.0

    @property
    def facts(self) -> dict[str, JSON]:
        """What a result says of it: where it answers, by which name, and by which of the two forms."""
        form = "openai-chat" if self.chat else "openai-completions"
        return {"endpoint": self.address.rstrip("/"), "name": self.name, "format": form}

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return what was answered to each prompt, asked one after another.

        Raises:
            EvaluationError: the server knows no such model, or refuses the key.
        """
        return [self._ask(prompt, sampling) for prompt in prompts]

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Refuse: such servers do not say how likely a given text is.

        Raises:
            EvaluationError: always.
        """
        del pairs
        raise EvaluationError(
            "a model at an address gives no log-likelihoods", hint="Use --mode greedy, or a model that runs here."
        )

    def _ask(self, prompt: Prompt, sampling: Sampling) -> Generation:
        chat = self.chat or bool(prompt.turns)
        asked: dict[str, JSON] = {"messages": prompt.messages()} if chat else {"prompt": prompt.text}
        asked |= {"model": self.name, "max_tokens": sampling.max_tokens, "temperature": 0.0}
        if sampling.stop:
            asked["stop"] = list(sampling.stop)
        if sampling.mode == "sampled":
            asked |= {
                "temperature": float(sampling.temperature), "top_p": float(sampling.top_p), "seed": prompt.seed,
            }  # fmt: skip
        try:
            return _answer(self._post("/chat/completions" if chat else "/completions", asked))
        except RemoteError as error:
            return Generation.failed(str(error))

    def _post(self, path: str, asked: Mapping[str, JSON]) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        found = self.egress.post(
            self.address.rstrip("/") + path, json.dumps(asked).encode(), headers=headers, max_bytes=_LARGEST
        )
        if found.status in _REFUSED:
            raise EvaluationError(
                f"{self.address} says {found.status}: {_plain(found.body)}", hint="Check address, name and key."
            )
        if found.status != _OK:
            raise RemoteError(f"the server says {found.status}: {_plain(found.body)}")
        return found.body


def _answer(body: bytes) -> Generation:
    """Return what a completion says, whichever of the two forms it has."""
    try:
        document = json.loads(body)
        choice = document["choices"][0]
        message = choice.get("message", {})
        text = message.get("content") if message else choice["text"]
        refused = message.get("refusal")
        used = document.get("usage") or {}
        tokens = [used.get(key) for key in ("prompt_tokens", "completion_tokens")]
        stop = _STOPS.get(str(choice.get("finish_reason")), "end")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return Generation.failed(f"the server sent what is no completion: {_plain(body)}")
    if isinstance(refused, str):
        text, stop = text or refused, "refusal"
    if text is None and stop == "refusal":
        text = ""
    if not isinstance(text, str):
        return Generation.failed(f"the server sent a completion without a text: {_plain(body)}")
    counted = [one if type(one) is int and 0 <= one < 2**53 else 0 for one in tokens]
    return Generation(text, stop, counted[0], counted[1])


def _plain(body: bytes) -> str:
    text = body[:200].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)
