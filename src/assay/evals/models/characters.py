"""A tokenizer whose tokens are single characters, read from `tokenizer.json`; any other kind is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.canonical import JSON
from assay.errors import EvaluationError

__all__ = ["CharacterTokenizer", "character_tokenizer"]

_CHANGES_TEXT = ("normalizer", "pre_tokenizer", "post_processor", "truncation", "padding")


@dataclass(frozen=True, slots=True)
class CharacterTokenizer:
    """Characters to numbers and back."""

    numbers: Mapping[str, int]
    characters: Mapping[int, str]

    def encode(self, text: str) -> list[int]:
        """Return one token for each character.

        Raises:
            EvaluationError: a character is none of the vocabulary.
        """
        unknown = next((char for char in text if char not in self.numbers), None)
        if unknown is not None:
            raise EvaluationError(f"the tokenizer has no token for {unknown!r}")
        return [self.numbers[char] for char in text]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the characters of `tokens`; a token without one is U+FFFD."""
        return "".join(self.characters.get(token, "\ufffd") for token in tokens)


def character_tokenizer(document: JSON, vocabulary: int) -> CharacterTokenizer:
    """Read `tokenizer.json` for a model of `vocabulary` tokens.

    Raises:
        EvaluationError: its tokens are not single characters, or it changes the text in any other way.
    """
    model = document.get("model") if isinstance(document, dict) else None
    vocab = model.get("vocab") if isinstance(model, dict) else None
    if not isinstance(document, dict) or not isinstance(model, dict) or not isinstance(vocab, dict):
        raise EvaluationError("tokenizer.json has no vocabulary", hint="Write it with the tokenizers library.")
    more = [key for key in _CHANGES_TEXT if document.get(key)] + [key for key in ("merges",) if model.get(key)]
    if more or document.get("added_tokens") or any(len(token) != 1 for token in vocab):
        raise EvaluationError(
            "tokenizer.json is not one of single characters" + (f" ({more[0]} is set)" if more else ""),
            hint="This runner is for small models with a token per character; larger ones need an engine.",
        )
    numbers = [number for number in vocab.values() if type(number) is int and 0 <= number < vocabulary]
    if len(numbers) != len(vocab) or len(set(numbers)) != len(numbers) or not numbers:
        raise EvaluationError(f"tokenizer.json does not number its tokens within the model's {vocabulary}")
    return CharacterTokenizer(vocab, {number: char for char, number in vocab.items()})
