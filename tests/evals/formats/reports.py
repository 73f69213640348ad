"""Reports of garak and records of Every Eval Ever, written as these are published."""

import json

from assay.evals.formats.given import Given


def jsonl(name, *rows):
    return Given(name, b"".join(json.dumps(row).encode() + b"\n" for row in rows))


def garak(*rows, ended=True, threshold=None):
    """A report of garak 0.17.1 around `rows`."""
    setup = {"entry_type": "start_run setup", "plugins.target_type": "test", "plugins.target_name": "Repeat",
             "run.seed": 1, "run.generations": 2}  # fmt: skip
    if threshold is not None:
        setup["run.eval_threshold"] = threshold
    init = {"entry_type": "init", "garak_version": "0.17.1", "start_time": "2026-11-01T10:00:00", "run": "0"}
    end = [{"entry_type": "completion", "end_time": "2026-11-01T10:01:00", "run": "0"}] if ended else []
    return jsonl("garak.report.jsonl", setup, init, *rows, *end)


def attempt(number, *scores, probe="encoding.InjectBase64", detector="encoding.DecodeMatch", status=2):
    return {"entry_type": "attempt", "uuid": f"u{number}", "seq": number, "status": status, "probe_classname": probe,
            "outputs": [{"text": "..."} for _ in scores], "detector_results": {detector: list(scores)}}  # fmt: skip


def judged(passed, total, *, probe="encoding.InjectBase64", detector="encoding.DecodeMatch", **more):
    return {"entry_type": "eval", "probe": probe, "detector": detector, "passed": passed, "fails": total - passed,
            "nones": 0, "total_evaluated": total, "total_processed": total, **more}  # fmt: skip


def record(*results, **changes):
    """A record of Every Eval Ever 0.3.0."""
    return {
        "schema_version": "0.3.0", "evaluation_id": "sums/org/tiny/1", "retrieved_timestamp": "1795000000",
        "source_metadata": {"source_type": "evaluation_run", "source_organization_name": "River Lab",
                            "evaluator_relationship": "collaborative"},
        "eval_library": {"name": "helm", "version": "unknown"},
        "model_info": {"name": "tiny", "id": "org/tiny", "additional_details": {
            "deployment_type": "unknown", "model_availability": "unknown"}},
        "evaluation_results": list(results),
    } | changes  # fmt: skip


def measured(score, name="sums", metric="accuracy", **more):
    return {
        "evaluation_result_id": f"{name}/{metric}", "evaluation_name": name,
        "source_data": {"dataset_name": "sums", "source_type": "hf_dataset", "hf_repo": "org/sums", "hf_split": "test"},
        "metric_config": {"metric_id": metric, "lower_is_better": False}, "score_details": {"score": score},
    } | more  # fmt: skip


def sample(number, score, name="sums", metric="accuracy"):
    return {"schema_version": "0.3.0", "evaluation_id": "sums/org/tiny/1", "model_id": "org/tiny",
            "evaluation_name": name, "evaluation_result_id": f"{name}/{metric}", "sample_id": f"s{number}",
            "interaction_type": "single_turn", "input": {"raw": "?", "reference": []}, "output": {"raw": ["!"]},
            "answer_attribution": [], "evaluation": {"score": score, "is_correct": score == 1}}  # fmt: skip
