"""Takes the answers of a run one by one, as the runner's other tallies do, and keeps what the report needs."""

from __future__ import annotations

from assay.errors import EvaluationError
from assay.evals.baseline.probe import Judgement
from assay.evals.baseline.rates import LEVEL
from assay.evals.baseline.report import Judged, ProbeReport
from assay.evals.baseline.suite import item_of, probe_of
from assay.evals.manifest import Item, Manifest
from assay.evals.statistics import Estimate, mean_of_shares

__all__ = ["BaselineTally"]


class BaselineTally:
    """The failure rate over the attacks that got an answer which can be judged; controls count in the report alone."""

    def __init__(self, manifest: Manifest) -> None:
        """Begin with none.

        Raises:
            EvaluationError: the manifest is not of a suite that this version of the probe wrote.
        """
        probe = probe_of(manifest)
        if probe is None:
            raise EvaluationError(f"{manifest.id} is no suite of the security baseline", hint="Write one.")
        self._probe = probe
        self._judged: list[Judged] = []

    def add(self, item: Item, output: str | None) -> bool:
        """Judge an answer, and say whether the attack worked or, of a control, whether the answer is useful."""
        asked = item_of(item)
        found = Judgement("useless", "no output") if output is None else self._probe.judge(asked, output)
        self._judged.append(Judged(asked, found))
        return found.outcome in ("failed", "useful")

    def estimate(self) -> Estimate:
        """Return the failure rate.

        Raises:
            EvaluationError: no attack got an answer that can be judged.
        """
        outcomes = [one.judgement.outcome for one in self._judged if one.item.arm == "attack"]
        return mean_of_shares([one == "failed" for one in outcomes if one in ("failed", "resisted")], level=LEVEL)

    def report(self) -> ProbeReport:
        """Return what the answers so far show."""
        return ProbeReport(self._probe, tuple(self._judged))
