"""Any causal language model that transformers knows, from safetensors, in 32 bits; never with code from the repo.

Prompts of one batch are padded on the left, so what else is in the batch can change the last bits of a logit: the batch
size stands in the result, and a model whose forward takes no positions is asked one prompt at a time. The chat template
is rendered by transformers in Jinja's immutable sandbox.
"""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.canonical import JSON, sha256_hex
from assay.errors import EvaluationError
from assay.evals.models import Generation, Likelihood, Prompt, cut
from assay.evals.models.choosing import choose, log_softmax
from assay.evals.models.identity import identity
from assay.evals.sampling import Sampling

__all__ = ["TransformersModel", "load_transformers", "prepare"]

_LOADING = (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError, ImportError)
_TEMPLATE = (ValueError, TypeError, KeyError, AttributeError, RuntimeError)
_LARGEST_CONFIG = 4 * 1024 * 1024
_ENDS = ("ForCausalLM", "LMHeadModel")
_TAIL = 8
"""Tokens at the end of an answer that are looked at again for a stop text when one is added, beside its own length."""


def prepare(threads: int) -> None:
    """Load the libraries and fix what makes runs differ."""
    torch = importlib.import_module("torch")
    importlib.import_module("transformers")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)


def load_transformers(folder: Path, *, chat: bool = False) -> TransformersModel:
    """Read the model in `folder` into memory.

    Raises:
        EvaluationError: it has no safetensors, is of no architecture that the library knows, or does not load.
        SourceError: a file cannot be read, or changed meanwhile.
    """
    torch, library = importlib.import_module("torch"), importlib.import_module("transformers")
    if not any(folder.glob("*.safetensors")):
        raise EvaluationError(
            f"{folder.name} has no safetensors at its top", hint="Only safetensors are run; `assay fix` converts torch."
        )
    name = _architecture(folder)
    if not hasattr(library, name):
        raise EvaluationError(
            f"{name[:80]!r} is not in the installed transformers", hint="A newer version may know it."
        )
    options = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = library.AutoTokenizer.from_pretrained(folder, **options)
        network = getattr(library, name).from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **options)
    except _LOADING as error:
        raise EvaluationError(f"transformers cannot load it: {str(error)[:300]}") from error
    facts = identity(folder, lambda path: path.endswith(".safetensors") and "/" not in path)
    facts |= {"format": "safetensors", "dtype": "float32"}
    if chat:
        if not isinstance(tokenizer.chat_template, str):
            raise EvaluationError("the model has no chat template", hint="Leave --chat out.")
        facts["chat_template_digest"] = sha256_hex(tokenizer.chat_template.encode())
    return TransformersModel(torch, network.eval(), tokenizer, facts, chat=chat)


class TransformersModel:
    """A model in memory."""

    def __init__(self, torch: Any, network: Any, tokenizer: Any, facts: dict[str, JSON], *, chat: bool) -> None:
        self.facts = facts
        self.cpu_elsewhere = 0.0
        self._torch = torch
        self._network = network
        self._tokenizer = tokenizer
        self._chat = chat
        self._batches = {"position_ids", "attention_mask"} <= set(inspect.signature(network.forward).parameters)
        config = network.config.get_text_config()
        self._context = int(getattr(config, "max_position_embeddings", 0) or 2**31)
        self._ends = _ends(network.generation_config.eos_token_id, config.eos_token_id, tokenizer.eos_token_id)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Generation]:
        """Return a continuation of each prompt."""
        found: list[Generation | None] = [None] * len(prompts)
        rows: list[_Row] = []
        for at, prompt in enumerate(prompts):
            try:
                rows.append(_Row(at, prompt.seed, self._encoded(prompt, sampling.max_tokens)))
            except EvaluationError as error:
                found[at] = Generation.failed(str(error))
        for some in [rows] if self._batches else [[row] for row in rows]:
            if some:
                self._go_on(some, sampling)
            for row in some:
                found[row.at] = row.said
        return [one or Generation.failed("no answer") for one in found]

    def loglikelihood(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        """Return how likely each text is to follow its prompt, one after another."""
        return [self._rate(prompt, following) for prompt, following in pairs]

    def _go_on(self, rows: list[_Row], sampling: Sampling) -> None:
        torch = self._torch
        longest = max(len(row.asked) for row in rows)
        padded = [[0] * (longest - len(row.asked)) + row.asked for row in rows]
        mask = torch.tensor([[0] * (longest - len(row.asked)) + [1] * len(row.asked) for row in rows])
        fresh, past = torch.tensor(padded), None
        with torch.inference_mode():
            for step in range(sampling.max_tokens):
                out = self._forward(fresh, mask, past)
                logits, past = out.logits[:, -1].float().numpy(), out.past_key_values
                tokens = [self._advance(row, logits[at], sampling, step) for at, row in enumerate(rows)]
                if all(row.said for row in rows):
                    return
                fresh = torch.tensor([[token] for token in tokens])
                mask = torch.cat([mask, torch.ones(len(rows), 1, dtype=mask.dtype)], dim=1)

    def _forward(self, fresh: Any, mask: Any, past: Any) -> Any:
        more = {}
        if self._batches:
            positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, -fresh.shape[1] :]
            more = {"attention_mask": mask, "position_ids": positions}
        return self._network(input_ids=fresh, past_key_values=past, use_cache=True, **more)

    def _advance(self, row: _Row, logits: Any, sampling: Sampling, step: int) -> int:
        """Take the next token of one answer, and close it when it ends; one that is closed stays as it is."""
        if row.said is not None:
            return 0
        try:
            token = choose(logits, sampling, row.seed, step)
        except EvaluationError as error:
            row.said = Generation.failed(str(error))
            return 0
        if token in self._ends:
            row.close(self._text(row.tokens), "end")
            return 0
        row.tokens.append(token)
        if sampling.stop and (ended := self._stopped(row.tokens, sampling.stop)) is not None:
            row.close(ended, "stop")
        elif len(row.tokens) == sampling.max_tokens:
            row.close(self._text(row.tokens), "length")
        return token

    def _stopped(self, tokens: list[int], stop: Sequence[str]) -> str | None:
        # A token is at least a byte of the text, so the end is enough to see whether the whole must be looked at.
        tail = self._text(tokens[-(max(len(mark.encode()) for mark in stop) + _TAIL) :])
        return cut(self._text(tokens), stop) if any(mark in tail for mark in stop) else None

    def _rate(self, prompt: Prompt, following: str) -> Likelihood:
        try:
            start, tokens = self._joined(prompt, following)
            with self._torch.inference_mode():
                logits = self._network(input_ids=self._torch.tensor([tokens[:-1]]), use_cache=False).logits[0]
            found = log_softmax(logits[start - 1 :].float().numpy())
        except EvaluationError as error:
            return Likelihood.failed(str(error))
        value = sum(found[at, token] for at, token in enumerate(tokens[start:]))
        return Likelihood(float(value), len(tokens))

    def _joined(self, prompt: Prompt, following: str) -> tuple[int, list[int]]:
        """Return the tokens of both, joined before they are split, and where those of the second begin."""
        text = self._asked(prompt)
        whole = self._tokens(text + following)
        # White space before a word is part of the word's token.
        start = len(self._tokens(text.rstrip()))
        if not 0 < start < len(whole) or len(whole) > self._context:
            raise EvaluationError(
                f"{len(whole)} tokens do not fit, or nothing stands before or after {following[:80]!r}"
            )
        return start, whole

    def _encoded(self, prompt: Prompt, more: int) -> list[int]:
        tokens = self._tokens(self._asked(prompt))
        if not tokens or len(tokens) + more > self._context:
            raise EvaluationError(f"a prompt of {len(tokens)} tokens does not fit into a context of {self._context}")
        return tokens

    def _asked(self, prompt: Prompt) -> str:
        if not self._chat:
            return prompt.text
        try:
            return str(
                self._tokenizer.apply_chat_template(prompt.messages(), tokenize=False, add_generation_prompt=True)
            )
        except (importlib.import_module("jinja2").TemplateError, *_TEMPLATE) as error:
            raise EvaluationError(f"the chat template fails: {str(error)[:200]}") from error

    def _tokens(self, text: str) -> list[int]:
        # A chat template writes the special tokens itself.
        return [int(token) for token in self._tokenizer.encode(text, add_special_tokens=not self._chat)]

    def _text(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


class _Row:
    """One answer under way."""

    def __init__(self, at: int, seed: int, asked: list[int]) -> None:
        self.at = at
        self.seed = seed
        self.asked = asked
        self.tokens: list[int] = []
        self.said: Generation | None = None

    def close(self, text: str, why: str) -> None:
        """Note what was said, and why it ends."""
        self.said = Generation(text, why, len(self.asked), len(self.tokens))


def _architecture(folder: Path) -> str:
    place = folder / "config.json"
    try:
        raw = place.read_bytes() if place.stat().st_size <= _LARGEST_CONFIG else b""
        names = json.loads(raw)["architectures"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        names = None
    if not isinstance(names, list) or not names or not isinstance(names[0], str) or not names[0].endswith(_ENDS):
        raise EvaluationError("config.json names no causal language model", hint="Only such models go on with a text.")
    return names[0]


def _ends(*said: object) -> frozenset[int]:
    listed = (item for one in said for item in (one if isinstance(one, list | tuple) else [one]))
    return frozenset(item for item in listed if type(item) is int)
