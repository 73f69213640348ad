"""How many wrong results come through when three of ten members are faulty, by which rule, and what each rule costs.

    python bench/reproduction.py [--quick]

Ten members of different operators, on processors of three kinds, evaluate and re-run each other's results; three are
faulty, of kinds drawn by lot: one who copies (an earlier revision's result as their own; others' answers when they are
to re-run), one who alters 1 to 10 % of the samples in the result's favour, one with a stale model, one who evaluates a
part and invents the rest, and pairs who alter their own and confirm each other's. Honest runs on another processor
differ in near ties. All is decided by the functions of `assay.evals.reproduction`; the lot and the faults are seeded.

A result is wrong when a single score in it was not found by running the model on that processor. Rivals in the same
worlds: re-running without commit-then-reveal, and letting the evaluator choose who re-runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from assay.evals.reproduction import Agreement, AnswerLeaf, audit, compare, drawn, settled
from assay.evals.statistics import wilson

MEMBERS, FAULTY, PROCESSORS = 10, 3, 3
KINDS = ("copies", "alters", "stale", "lazy", "pair")
RIGHT, NEAR_TIE = 0.6, 0.003
"""Share of right answers, and of samples that fall either way on another processor."""


class Rule(NamedTuple):
    """How a result comes to be accepted."""

    name: str
    closed: bool = True
    """Commit first, then reveal."""
    by_lot: bool = True
    """The log draws who re-runs; else the evaluator chooses."""
    k: int = 1
    """Full re-runs that must agree."""
    settled: bool = True
    """The few samples that differ are run by a third on the evaluator's kind of processor."""
    drawn: int = 0
    """Samples that yet another one re-runs."""
    marked: bool = False
    """Who is found faulty brings down all that rests on them, and is drawn no more."""


@dataclass
class Member:
    """An evaluator; `kind` is empty for an honest one."""

    name: int
    processor: int
    kind: str = ""
    partner: int = -1
    found_out: bool = False


@dataclass
class Task:
    """One benchmark on one model: the score of each sample, and where processors differ."""

    seed: str
    n: int
    scores: list[int]
    ties: list[dict[int, int]]

    def on(self, processor: int) -> list[int]:
        """Return the scores that an honest run finds."""
        return [self.scores[at] ^ self.ties[processor].get(at, 0) for at in range(self.n)]


@dataclass
class Record:
    """A result and what became of it."""

    first: Member
    task: Task
    answers: tuple[AnswerLeaf, ...]
    wrong: bool
    accepted: bool = False
    by: set[int] = field(default_factory=set)
    """Who agreed."""


def task_of(seed: str, n: int) -> Task:
    dice = random.Random(seed)
    scores = [int(dice.random() < RIGHT) for _ in range(n)]
    near = [at for at in range(n) if dice.random() < NEAR_TIE]
    return Task(seed, n, scores, [{at: dice.randrange(2) for at in near} for _ in range(PROCESSORS)])


@cache
def leaf(at: int, score: int) -> AnswerLeaf:
    return AnswerLeaf(f"{at:06}", "", str(score), str(score), "end")


def leaves(scores: list[int]) -> tuple[AnswerLeaf, ...]:
    """Return leaves whose outputs follow the scores, so that whoever lies tells the most credible lie."""
    return tuple(map(leaf, range(len(scores)), scores))


def ran(member: Member, task: Task, *, first: bool, for_: int) -> tuple[AnswerLeaf, ...] | None:
    """Return what a member hands in; None when they have nothing that a commitment would open."""
    truth = task.on(member.processor)
    if member.kind == "copies" and not first:
        return None
    if not member.kind or (member.kind == "pair" and not first and for_ != member.partner):
        return leaves(truth)
    told = min(member.name, member.partner) if member.kind == "pair" else member.name
    dice = random.Random(f"{task.seed} {told}")
    if member.kind in ("alters", "pair"):
        share = dice.uniform(0.01, 0.1)
        missed = [at for at in range(task.n) if not task.scores[at] and not any(at in one for one in task.ties)]
        raised = set(dice.sample(missed, max(1, round(share * task.n))))
        return leaves([1 if at in raised else score for at, score in enumerate(truth)])
    if member.kind == "lazy":
        ran_share = dice.uniform(0.2, 0.9)
        return leaves([score if dice.random() < ran_share else int(dice.random() < RIGHT) for score in truth])
    changed = dice.uniform(0.03, 0.15)  # stale; what was copied from an earlier revision is that as well
    return leaves([score ^ int(dice.random() < changed) for score in truth])


def side_by_side(one: Member, said: tuple[AnswerLeaf, ...], other: Member, found: tuple[AnswerLeaf, ...]) -> Agreement:
    differs = ("environment.processor",) if one.processor != other.processor else ()
    return compare(said, found, sampled=False, differs_in=differs)


def alike(one: Member, said: tuple[AnswerLeaf, ...], other: Member, found: tuple[AnswerLeaf, ...]) -> bool:
    return side_by_side(one, said, other, found).kind.agrees


class World:
    """Ten members under one rule."""

    def __init__(self, rule: Rule, seed: str, *, ring: int = 0) -> None:
        self.rule, self.dice = rule, random.Random(seed)
        self.seed = seed
        faults = random.Random(f"{seed} faults")
        self.members = [Member(name, name % PROCESSORS) for name in range(MEMBERS)]
        faulty = faults.sample(self.members, FAULTY)
        kinds = (
            ["pair", "pair", faults.choice(KINDS[:4])]
            if ring or faults.random() < 0.5
            else faults.choices(KINDS[:4], k=3)
        )
        for member, kind in zip(faulty, kinds, strict=True):
            member.kind = kind
        one, other = faulty[:2]
        if one.kind == "pair":
            one.partner, other.partner = other.name, one.name
        self.records: list[Record] = []
        self.cost = 0.0

    def play(self, each: int, n: int) -> None:
        """Let every member evaluate `each` results, in an order drawn by lot."""
        order = [member for member in self.members for _ in range(each)]
        self.dice.shuffle(order)
        for number, first in enumerate(order):
            if first.found_out and self.rule.marked:
                continue
            task = task_of(f"{self.seed} {number}", n)
            self.judge(first, task)
        if self.rule.marked:
            self.mark()

    def judge(self, first: Member, task: Task) -> None:
        """Let a member evaluate, and others judge what comes of it."""
        answers = ran(first, task, first=True, for_=first.name)
        assert answers is not None
        wrong = [one.score for one in answers] != [str(one) for one in task.on(first.processor)]
        record = Record(first, task, answers, wrong)
        self.records.append(record)
        self.cost += 1
        record.accepted = self.accepts(record)

    def accepts(self, record: Record) -> bool:
        """Run the rule on one result."""
        used = {record.first.name} | record.by
        while len(record.by) < self.rule.k:
            second = self.draw(used, record.first)
            if second is None:
                return False
            used.add(second.name)
            theirs = self.rerun(second, record)
            self.cost += 1
            if theirs is None:  # a copied root opens to nothing
                second.found_out = True
            elif self.agree(record, second, theirs, used):
                record.by.add(second.name)
            else:
                winner = self.settle_dispute(record, second, theirs, used)
                if winner is not record.first:
                    return False
                record.by |= used - {record.first.name, second.name}
        return self.audited(record, used) if self.rule.drawn else True

    def rerun(self, second: Member, record: Record) -> tuple[AnswerLeaf, ...] | None:
        """Return what `second` says came out when they ran it all."""
        if second.kind == "copies" and not self.rule.closed:
            return record.answers
        return ran(second, record.task, first=False, for_=record.first.name)

    def agree(self, record: Record, second: Member, theirs: tuple[AnswerLeaf, ...], used: set[int]) -> bool:
        """Say whether two runs agree, and whether the evaluator's kind of processor gives what differs."""
        found = side_by_side(record.first, record.answers, second, theirs)
        if not found.kind.agrees or not found.discordant or not self.rule.settled:
            return found.kind.agrees
        third = self.draw(used, record.first, processor=record.first.processor)
        if third is None:
            return False
        used.add(third.name)
        self.cost += len(found.discordant) / record.task.n
        seen = ran(third, record.task, first=False, for_=record.first.name) or theirs
        if third.processor == record.first.processor:
            return settled(found, {leaf.sample: leaf for leaf in seen})
        return sum(seen[int(one.sample)].score == one.second for one in found.discordant) < 2

    def settle_dispute(
        self, record: Record, second: Member, theirs: tuple[AnswerLeaf, ...], used: set[int]
    ) -> Member | None:
        """Let others run it all until one side has two more with it than the other; who stands against is faulty."""
        lead = 0
        while abs(lead) < 2:
            third = self.draw(used, record.first, processor=record.first.processor)
            if third is None:
                return None
            used.add(third.name)
            seen = self.rerun(third, record)
            self.cost += 1
            if seen is None:
                third.found_out = True
                continue
            with_first = alike(third, seen, record.first, record.answers)
            with_second = alike(third, seen, second, theirs)
            if with_first and with_second and third.processor == record.first.processor:
                return record.first  # near ties were all
            lead += with_first - with_second
        (second if lead > 0 else record.first).found_out = True
        return record.first if lead > 0 else second

    def audited(self, record: Record, used: set[int]) -> bool:
        """Let yet another run the drawn samples; where they differ, it becomes a dispute."""
        auditor = self.draw(used, record.first)
        if auditor is None:
            return False
        used.add(auditor.name)
        seen = self.rerun(auditor, record)
        self.cost += self.rule.drawn / record.task.n
        if seen is None:
            auditor.found_out = True
            return self.audited(record, used)
        # The seed is that of the sealed root and a later checkpoint; here a number nobody could have chosen.
        seed = hashlib.sha256(f"{self.dice.random()}".encode()).hexdigest()
        lot = [record.answers[at] for at in drawn(seed, record.task.n, self.rule.drawn)]
        same = auditor.processor == record.first.processor
        if audit(lot, {leaf.sample: leaf for leaf in seen}, same_surroundings=same).agreed:
            return True
        return self.settle_dispute(record, auditor, seen, used) is record.first

    def draw(self, used: set[int], first: Member, processor: int | None = None) -> Member | None:
        """Return one not asked yet: by lot, of this kind of processor if there is one; or whom `first` likes."""
        free = [one for one in self.members if one.name not in used and not (self.rule.marked and one.found_out)]
        if not self.rule.by_lot:
            return next((one for one in free if one.name == first.partner), free[0] if free else None)
        alike = [one for one in free if one.processor == processor]
        return self.dice.choice(alike or free) if free else None

    def mark(self) -> None:
        """Take back what rests on those found faulty, and run again what honest ones are left with."""
        bad = {one.name for one in self.members if one.found_out}
        for record in self.records:
            if record.first.found_out:
                record.accepted = False
            elif record.by & bad and record.accepted:
                record.by -= bad
                record.accepted = len(record.by) >= self.rule.k or self.accepts(record)


class Outcome(NamedTuple):
    """Shares over many worlds."""

    wrong_accepted: float
    at_most: float
    """Upper end of its 95 % interval."""
    honest_accepted: float
    accused: float
    """Honest members who were found faulty."""
    cost: float
    """Runs per result, the first included."""


def outcome(rule: Rule, *, worlds: int, each: int, n: int, pairs: bool = False) -> Outcome:
    wrong, honest, cost, accused = [], [], 0.0, 0
    for number in range(worlds):
        world = World(rule, f"world {number}", ring=int(pairs))
        world.play(each, n)
        wrong += [one.accepted for one in world.records if one.wrong]
        honest += [one.accepted for one in world.records if not one.first.kind]
        cost += world.cost / len(world.records)
        accused += sum(one.found_out and not one.kind for one in world.members)
    sane = MEMBERS - FAULTY
    bound = float(wilson(sum(wrong), len(wrong)).high)
    return Outcome(sum(wrong) / len(wrong), bound, sum(honest) / len(honest), accused / worlds / sane, cost / worlds)


CHOSEN = Rule("chosen rule", drawn=60, marked=True)
"""Commit and reveal, re-run by lot, what differs settled, 60 samples drawn; who is found faulty marks all they did."""
RULES = (
    Rule("re-run by a friend", by_lot=False, settled=False),
    Rule("re-run by lot, no commitment", closed=False, settled=False),
    Rule("commit and reveal, by lot", settled=False),
    Rule("and what differs is settled"),
    Rule("and 60 samples drawn", drawn=60),
    Rule("two re-runs, settled", k=2),
)


def figure(name: str, value: float, unit: str, target: str = "none", *, met: bool = True) -> dict[str, object]:
    return {"name": name, "value": round(value, 4), "unit": unit, "target": target, "met": met}


def main() -> int:
    """Run, print, and return 1 when a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    size = {"each": 2, "n": 100} if quick else {"each": 6, "n": 400}
    figures = []
    for rule in RULES:
        found = outcome(rule, worlds=2 if quick else 30, **size)
        figures += [
            figure(f"{rule.name}: wrong results accepted", found.wrong_accepted, "share"),
            figure(f"{rule.name}: honest results accepted", found.honest_accepted, "share"),
            figure(f"{rule.name}: cost", found.cost, "runs per result"),
        ]
    for about, pairs in (("", False), (", a pair in every world", True)):
        found = outcome(CHOSEN, worlds=2 if quick else 320, pairs=pairs, **size)
        name = f"{CHOSEN.name}{about}"
        figures += [
            figure(f"{name}: wrong results accepted, upper end of its interval", found.at_most, "share", "< 0.01",
                   met=found.at_most < 0.01),
            figure(f"{name}: wrong results accepted", found.wrong_accepted, "share"),
            figure(f"{name}: honest results accepted", found.honest_accepted, "share", ">= 0.98",
                   met=found.honest_accepted >= 0.98),
            figure(f"{name}: honest members found faulty", found.accused, "share", "< 0.01", met=found.accused < 0.01),
            figure(f"{name}: cost", found.cost, "runs per result"),
        ]  # fmt: skip
    if quick:
        figures = [one | {"met": None} for one in figures]
    print(json.dumps({"bench": "reproduction", "figures": figures}))
    return 0 if quick or all(one["met"] for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
