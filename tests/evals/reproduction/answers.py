"""Answers for the tests: leaves made in code."""

import hashlib

from assay.evals.reproduction.leaves import AnswerLeaf


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def leaves(n=100, right=lambda at: at % 2 == 0, said=None):
    """The leaves of `n` samples; `said` gives the output, which follows the score if not told."""
    made = []
    for at in range(n):
        score = str(int(right(at)))
        output = said(at) if said else f"answer {at} {score}"
        made.append(AnswerLeaf(f"q{at:05}", sha256(f"question {at}"), sha256(output), score, "length"))
    return tuple(made)


def flipped(answers, places):
    """The same with other scores and outputs at `places`."""
    places = set(places)
    return tuple(
        AnswerLeaf(one.sample, one.input, sha256(f"else {at}"), "0" if one.score == "1" else "1", one.stop)
        if at in places
        else one
        for at, one in enumerate(answers)
    )
