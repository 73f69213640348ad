"""A tiny model and a tiny data set, pushed and loaded by the libraries that people train with; prints JSON.

python frameworks.py FOLDER    with HF_ENDPOINT, HF_TOKEN and HF_HOME set
"""

import json
import sys

import torch
from datasets import Dataset, load_dataset
from huggingface_hub import HfApi
from transformers import LlamaConfig, LlamaForCausalLM


def main():
    name = HfApi().whoami()["name"]
    seen = {}
    config = LlamaConfig(
        hidden_size=32, intermediate_size=64, num_attention_heads=4, num_hidden_layers=1, num_key_value_heads=2,
        vocab_size=128,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    model.push_to_hub(f"{name}/tiny-llama")
    again = LlamaForCausalLM.from_pretrained(f"{name}/tiny-llama")
    theirs = again.state_dict()
    seen["same weights"] = all(torch.equal(value, theirs[key]) for key, value in model.state_dict().items())
    rows = {"text": ["a", "b", "c"], "number": [1, 2, 3]}
    HfApi().create_repo(f"{name}/tiny-rows", repo_type="dataset")
    table = f"{sys.argv[1]}/rows.parquet"
    Dataset.from_dict(rows).to_parquet(table)
    HfApi().upload_file(
        repo_id=f"{name}/tiny-rows", repo_type="dataset", path_or_fileobj=table, path_in_repo="data/train.parquet"
    )
    loaded = load_dataset(f"{name}/tiny-rows", split="train")
    seen["same rows"] = loaded.to_dict() == rows
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
