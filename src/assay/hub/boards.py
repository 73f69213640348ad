"""What pages show of results: leaderboards with rank intervals, and one result in words.

Ranked together is only what is comparable, said by a key that somebody here trusts, and answered nearly in full. Where
the sample logs of all are here, places come from paired comparisons; else two differ only where their intervals do not
touch, which is the more careful of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from assay.canonical import JSON
from assay.errors import EvaluationError
from assay.evals.answers import ERROR, MISSING, read_line
from assay.evals.statistics import RankInterval, paired_difference, rank_intervals
from assay.store.results import Result

__all__ = [
    "OUTCOMES",
    "Board",
    "Levels",
    "Versus",
    "boards",
    "drawn",
    "figure",
    "scores_in",
    "sentence",
    "shown",
    "versus",
]

OUTCOMES = {"1": "pass", "0": "fail", ERROR: "unknown", MISSING: "unknown"}
"""What a score comes to, where samples are right or wrong."""
_MOST_ERRORS = Decimal("0.01")
"""Share of samples without an answer above which a result is not ranked."""
_MOST_WORK = 2_000_000
"""Paired scores that are compared for one page."""
Levels: TypeAlias = Mapping[str, Mapping[str, JSON]]
"""For each result, by digest, how far it may be trusted, as `trusting.level_of` says."""
_MODES = {"greedy": "the most likely answer", "sampled": "an answer drawn at random from a seed",
          "loglik": "the likelier of given answers", "predictions": "answers given in a file"}  # fmt: skip


class Versus(NamedTuple):
    """Two results on the samples that both answered."""

    shared: int
    first_only: tuple[str, ...]
    """Samples that the first got a better score on, by id."""
    second_only: tuple[str, ...]
    difference: dict[str, JSON]
    """The first less the second, as `Estimate.to_json` gives it."""
    certain: bool
    """Whether the interval of the difference leaves out zero."""
    says: str


class Board(NamedTuple):
    """Results that may stand side by side."""

    comparability: str
    ranked: tuple[dict[str, JSON], ...]
    """Best first, each as `shown` gives it, with `best` and `worst` place and `attempts`."""
    aside: tuple[dict[str, JSON], ...]
    """Those that are not ranked, each with `why`."""
    paired: bool
    """Whether places come from paired comparisons."""
    settled: bool
    """Whether the benchmark can tell at least half of the models from the best."""


def boards(results: Iterable[Result], scores: Mapping[str, Mapping[str, Decimal]], levels: Levels) -> list[Board]:
    """Return results of one benchmark as boards, the one with most models first.

    `scores` holds for each log, by its digest, the score of each sample that was answered.
    """
    kinds: dict[str, list[Result]] = {}
    for one in results:
        kinds.setdefault(one.comparability, []).append(one)
    made = [_board(key, of_kind, scores, levels) for key, of_kind in kinds.items()]
    return sorted(made, key=lambda board: (-len(board.ranked), board.comparability))


def versus(names: tuple[str, str], first: Mapping[str, Decimal], second: Mapping[str, Decimal]) -> Versus:
    """Compare two results sample by sample; both logs hold scores of the same benchmark.

    Raises:
        EvaluationError: they share no sample.
    """
    shared = sorted(first.keys() & second.keys())
    found = paired_difference([first[key] for key in shared], [second[key] for key in shared])
    ahead = tuple(key for key in shared if first[key] > second[key])
    behind = tuple(key for key in shared if first[key] < second[key])
    certain = found.bounds is not None and not found.bounds.low <= 0 <= found.bounds.high
    told = found.to_json()
    ci = told["ci"]
    reach = f", and lies between {_percent(ci['low'])} and {_percent(ci['high'])}" if ci else ""
    end = "" if certain else ": this does not tell the two apart"
    says = (
        f"Of {len(shared):,} questions that both answered, {names[0]} did better on {len(ahead):,} and {names[1]} on"
        f" {len(behind):,}. The difference is {_percent(told['value'])}{reach}{end}."
    )
    return Versus(len(shared), ahead, behind, told, certain, says)


def figure(one: Result) -> Mapping[str, JSON]:
    """Return the metric that a result is ranked by: its first."""
    metric: Mapping[str, JSON] = one.predicate["metrics"][0]
    return metric


def shown(one: Result, level: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what lists show of a result whose level is known."""
    metric, samples = figure(one), one.predicate["samples"]
    return {
        "digest": one.digest,
        "repo": one.repo.full_name,
        "path": f"{one.repo.path}/evaluations/{one.digest}",
        "repo_path": one.repo.path,
        "benchmark": one.predicate["benchmark"]["id"],
        "benchmark_path": f"/benchmarks/{one.predicate['benchmark']['manifest_digest']}",
        "version": one.predicate["benchmark"]["version"],
        "subject": one.subject,
        "metric": metric["name"],
        "direction": metric.get("direction", "higher"),
        "value": metric["value"],
        "ci": metric["ci"],
        "says": _percent(metric["value"]),
        "between": [_percent(metric["ci"][end]) for end in ("low", "high")] if metric["ci"] else None,
        "n": metric["n"],
        "errors": samples["n_errored"],
        "mode": one.predicate["sampling"]["mode"],
        "level": dict(level),
        "trusted": one.own or one.pinned,
        "own": one.own,
        "relationship": one.predicate["evaluator"]["relationship"],
        "received": one.received,
        "cost": one.predicate.get("cost", {}),
        "log": one.log,
    }


def sentence(one: Result, benchmark: str, level: Mapping[str, JSON]) -> str:
    """Say what was measured, how sure it is and who ran it, for people who do not do this for a living."""
    metric, samples, who = figure(one), one.predicate["samples"], one.predicate["evaluator"]["relationship"]
    scored = f"{_MODES[one.predicate['sampling']['mode']]} was scored"
    asked = f"{one.repo.full_name} was given the {samples['n_scheduled']:,} questions of “{benchmark}”, and {scored}"
    parts = [f"{asked}: {_named(metric['name'])} {_percent(metric['value'])}."]
    if metric["ci"]:
        low, high = _percent(metric["ci"]["low"]), _percent(metric["ci"]["high"])
        share = _percent(metric["ci"]["level"]).replace(".0", "")
        parts.append(
            f"With {metric['n']:,} questions this is not exact: the true value lies between {low} and {high} in {share}"
            " of cases."
        )
    else:
        parts.append("How far off this may be is not known: no interval can be computed for it.")
    if samples["n_errored"]:
        parts.append(f"{samples['n_errored']:,} questions got no answer that could be scored.")
    ran = {"first": "the model's own maker", "third": "somebody who did not make the model"}
    parts.append(f"It was run by {ran.get(who, 'the maker together with others')}, and {_vouched(one, level)}.")
    return " ".join(parts)


def drawn(rows: Sequence[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """Return the rows with where to draw each on a common scale of 0 to 1000: `dot`, `from` and `to`, and the scale.

    Shares are drawn from 0 to 1; anything else from the least to the most that occurs.
    """
    numbers = [Decimal(text) for row in rows for text in (row["value"], *_ends(row))]
    low, high = (min(numbers), max(numbers)) if numbers else (Decimal(0), Decimal(1))
    if low >= 0 and high <= 1:
        low, high = Decimal(0), Decimal(1)
    span = (high - low) or Decimal(1)
    made = []
    for row in rows:
        dot, *ends = (int(1000 * (Decimal(text) - low) / span) for text in (row["value"], *_ends(row)))
        line = {"dot": dot, "from": min(ends, default=dot), "to": max(ends, default=dot)}
        made.append({**row, "drawn": line, "scale": [f"{low:f}", f"{high:f}"]})
    return made


def _ends(row: Mapping[str, JSON]) -> tuple[str, ...]:
    return (row["ci"]["low"], row["ci"]["high"]) if row["ci"] else ()


def scores_in(log: bytes) -> dict[str, Decimal]:
    """Return the score of each sample in a log that was answered.

    Raises:
        EvaluationError: a line of it is none.
    """
    answers = (read_line(line, f"line {number} of the log") for number, line in enumerate(_lines(log), 1))
    return {one.sample: Decimal(one.score) for one in answers if one.score not in {ERROR, MISSING}}


def _lines(log: bytes) -> list[bytes]:
    return log.splitlines(keepends=True)


def _board(key: str, results: Sequence[Result], scores: Mapping[str, Mapping[str, Decimal]], levels: Levels) -> Board:
    ranked: dict[str, Result] = {}
    attempts: dict[str, int] = {}
    aside = []
    for one in results:
        model = f"{one.repo.id} {one.subject}"
        attempts[model] = attempts.get(model, 0) + 1
        row = shown(one, levels[one.digest])
        if why := _unranked(one, levels[one.digest]):
            aside.append({**row, "why": why})
        elif model in ranked:
            aside.append({**row, "why": "an earlier run of the same model"})
        else:
            ranked[model] = one
    places, paired = _places(list(ranked.values()), scores)
    best = {model: places[one.digest] for model, one in ranked.items()}
    down = bool(results) and figure(results[0]).get("direction") == "lower"
    order = sorted(ranked, key=lambda model: _sort_key(best[model], ranked[model], down=down))
    rows = [
        {**shown(ranked[model], levels[ranked[model].digest]), **best[model].to_json(), "attempts": attempts[model]}
        for model in order
    ]
    first = sum(one.best == 1 for one in places.values())
    return Board(key, tuple(drawn(rows)), tuple(aside), paired, settled=len(rows) < 3 or 2 * first <= len(rows))


def _unranked(one: Result, level: Mapping[str, JSON]) -> str:
    samples = one.predicate["samples"]
    if level["retracted"]:
        return str(level["retracted"])
    if level["contested"]:
        return "disputed: independent runs found otherwise"
    if not (one.own or one.pinned or level["reproduced"]):
        return "signed by a key that nobody here trusts"
    if samples["n_errored"] > _MOST_ERRORS * samples["n_scheduled"]:
        return f"{samples['n_errored']:,} of {samples['n_scheduled']:,} samples got no answer"
    return ""


def _sort_key(place: RankInterval, one: Result, *, down: bool) -> tuple[int, int, Decimal, str]:
    value = Decimal(figure(one)["value"])
    return place.best, place.worst, value if down else -value, one.digest


def _places(
    results: Sequence[Result], scores: Mapping[str, Mapping[str, Decimal]]
) -> tuple[dict[str, RankInterval], bool]:
    logs = {one.digest: scores[one.log] for one in results if one.log is not None and one.log in scores}
    samples = set.intersection(*(set(log) for log in logs.values())) if logs else set()
    work = len(results) * (len(results) - 1) // 2 * len(samples)
    if len(logs) == len(results) > 1 and samples and work <= _MOST_WORK:
        order = sorted(samples)
        rows = {digest: [log[sample] for sample in order] for digest, log in logs.items()}
        higher = figure(results[0]).get("direction") != "lower"
        try:
            return rank_intervals(rows, higher_is_better=higher), True
        except EvaluationError:  # the logs cannot be paired; their intervals still can be compared
            pass
    return {one.digest: _apart(one, results) for one in results}, False


def _apart(one: Result, others: Sequence[Result]) -> RankInterval:
    """Return the places of a result among others by intervals that do not touch."""
    better = sum(_surely_better(other, one) for other in others)
    worse = sum(_surely_better(one, other) for other in others)
    return RankInterval(1 + better, len(others) - worse)


def _surely_better(one: Result, other: Result) -> bool:
    first, second = figure(one), figure(other)
    if not first["ci"] or not second["ci"]:
        return False
    ahead, behind = (second, first) if first.get("direction") == "lower" else (first, second)
    return Decimal(ahead["ci"]["low"]) > Decimal(behind["ci"]["high"])


def _vouched(one: Result, level: Mapping[str, JSON]) -> str:
    who = "this hub signed it" if one.own else "signed by a key that this hub trusts" if one.pinned else ""
    if level["retracted"]:
        return f"{level['retracted']}: do not rely on it"
    if level["contested"]:
        return "independent members who ran it again found otherwise: it is disputed, and both sides are shown below"
    if times := level["reproduced"]:
        again = "one independent member ran it" if times == 1 else f"{times} independent members ran it"
        return f"{who + '; ' * bool(who)}{again} too, before any answer was public, and found the same"
    if who:
        return f"{who}; nobody else has run it again yet"
    return "signed by a key that nobody here trusts: take it as a claim"


def _named(metric: str) -> str:
    return metric.replace("_", " ")


def _percent(value: str) -> str:
    number = Decimal(value)
    return f"{number * 100:.1f} %" if abs(number) <= 1 else f"{number:f}"
