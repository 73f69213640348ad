"""What level a repo has, by every signal: expected levels follow from the definition of P-A to P-D and U."""

from __future__ import annotations

import pytest
from tests.make.pickle_parts import STATE_DICT, torch_zip
from tests.make.revisions import card, document, fact, observed, revision, safetensors

ST = safetensors()
NATIVE = document(model_type="llama", architectures=["LlamaForCausalLM"])
REMOTE = document(model_type="x", auto_map={"AutoModelForCausalLM": "modeling_x.XForCausalLM"})
ENGINE = {"model.engine": 5_000_000}


def onnx(*operators, functions=()):
    return observed("onnx", {"operators": dict.fromkeys(operators, 1), "functions": list(functions), "opsets": []})


def gguf(**types):
    return observed("gguf", {"types": types, "metadata": {}})


def quantised(**config):
    return {"config.json": document(model_type="llama", quantization_config=config), "model.safetensors": ST}


def remote(code, **more):
    return {"config.json": REMOTE, "modeling_x.py": code.encode(), "model.safetensors": ST, **more}


def delegated(*names):
    return observed("executorch", {"delegates": list(names), "operators": []})


GUARDED_IMPORT = "try:\n    import flash_attn\nexcept ImportError:\n    flash_attn = None\n"
GUARDED_KERNEL = (
    "from torch.utils.cpp_extension import load\n"
    "try:\n    kernel = load(name='k', sources=['k.cu'])\nexcept Exception:\n    kernel = None\n"
)
ASKED = "import torch\nif torch.cuda.is_available():\n    x = x.cuda()\n"
EARLY = "import torch\ndef f(x):\n    if not torch.cuda.is_available():\n        return x\n    return x.cuda()\n"

TABLE = {
    # open formats
    "safetensors": ({"model.safetensors": ST}, "P-A"),
    "safetensors and config": ({"model.safetensors": ST, "config.json": NATIVE}, "P-A"),
    "whole shards": ({f"model-0000{n}-of-00002.safetensors": ST for n in (1, 2)}, "P-A"),
    "pickle": ({"pytorch_model.bin": torch_zip(STATE_DICT), "config.json": NATIVE}, "P-A"),
    "gguf": ({"m.gguf": gguf(Q4_K=10, F32=2)}, "P-A"),
    "gguf by name": ({"m.gguf": 90_000}, "P-A"),
    "gguf of unknown types": ({"m.gguf": gguf(unknown=10)}, "U"),
    "onnx": ({"m.onnx": onnx("ai.onnx::Add", "Gemm")}, "P-A"),
    "onnx, classic": ({"m.onnx": onnx("ai.onnx.ml::TreeEnsembleClassifier")}, "P-A"),
    "onnx, contrib": ({"m.onnx": onnx("com.microsoft::Attention")}, "P-A"),
    "onnx, own function": ({"m.onnx": onnx("mine::Gelu", functions=("mine::Gelu",))}, "P-A"),
    "onnx, extensions": ({"m.onnx": onnx("ai.onnx.contrib::BertTokenizer")}, "P-B"),
    "onnx, tensorrt plugin": ({"m.onnx": onnx("trt::EfficientNMS_TRT")}, "P-C"),
    "onnx, nvidia": ({"m.onnx": onnx("com.nvidia.ops::Fused")}, "P-C"),
    "onnx, compiled context": ({"m.onnx": onnx("com.microsoft::EPContext")}, "P-C"),
    "onnx, nobody's operator": ({"m.onnx": onnx("acme::Magic")}, "U"),
    "numpy": ({"weights.npz": 5_000}, "P-A"),
    "tflite": ({"m.tflite": observed("tflite", {"custom": {}, "operators": {"ADD": 1}})}, "P-A"),
    "tflite for a TPU": ({"m_edgetpu.tflite": 9_000}, "P-D"),
    "tflite for a TPU by operator": ({"m.tflite": observed("tflite", {"custom": {"edgetpu-custom-op": 1}})}, "P-D"),
    "executorch": ({"m.pte": delegated()}, "P-A"),
    "executorch, xnnpack": ({"m.pte": delegated("XnnpackBackend")}, "P-A"),
    "executorch, qnn": ({"m.pte": delegated("QnnBackend")}, "P-C"),
    "openvino": ({"m.xml": observed("xml", {"root": "net", "layers": []}), "m.bin": 90_000}, "P-A"),
    "keras": ({"m.h5": observed("hdf5", {})}, "P-A"),
    "mlx": ({"model.safetensors": ST, "config.json": document(model_type="llama", quantization={"bits": 4})}, "P-B"),
    # vendors' formats
    "engine alone": (ENGINE, "P-D"),
    "plan alone": ({"m.plan": 5_000}, "P-D"),
    "hailo": ({"m.hef": 5_000}, "P-D"),
    "rockchip": ({"m.rknn": 5_000}, "P-D"),
    "qualcomm": ({"m.dlc": 5_000}, "P-D"),
    "neuron": ({"m.neff": 5_000}, "P-D"),
    "ascend": ({"m.om": 5_000}, "P-D"),
    "coreml, compiled": ({"m.mlmodelc/weights.bin": 5_000}, "P-D"),
    "coreml": ({"m.mlpackage/Data/weights.bin": 5_000}, "P-C"),
    "coreml by content": ({"m.mlmodel": observed("coreml", {"kinds": []})}, "P-C"),
    "nemo": ({"m.nemo": 9_000_000}, "P-B"),
    "tensorrt-llm checkpoint": (
        {
            "config.json": document(architecture="LlamaForCausalLM", mapping={"tp_size": 1}, producer={"name": "x"}),
            "rank0.safetensors": ST,
        },
        "P-C",
    ),
    "encrypted": ({"model.safetensors.enc": 5_000_000}, "P-D"),
    "engine beside safetensors": ({**ENGINE, "model.safetensors": ST}, "P-A"),
    "engine beside a broken set": ({**ENGINE, "model-00001-of-00002.safetensors": ST}, "P-D"),
    "engine of a named base": ({**ENGINE, "README.md": card(base_model="a/b")}, "P-C"),
    "coreml beside gguf": ({"m.mlmodelc/weights.bin": 5_000, "m.gguf": gguf(F16=1)}, "P-A"),
    # quantisation
    "bitsandbytes": (quantised(quant_method="bitsandbytes"), "P-C"),
    "bitsandbytes, old style": (quantised(load_in_4bit=True), "P-C"),
    "fbgemm": (quantised(quant_method="fbgemm_fp8"), "P-C"),
    "torchao": (quantised(quant_method="torchao"), "P-C"),
    "eetq": (quantised(quant_method="eetq"), "P-C"),
    "fp8": (quantised(quant_method="fp8"), "P-C"),
    "gptq": (quantised(quant_method="gptq"), "P-B"),
    "awq": (quantised(quant_method="awq"), "P-B"),
    "compressed-tensors": (quantised(quant_method="compressed-tensors"), "P-B"),
    "hqq": (quantised(quant_method="hqq"), "P-B"),
    "aqlm": (quantised(quant_method="aqlm"), "P-B"),
    "exl2": (quantised(quant_method="exl2"), "P-B"),
    "a method nobody knows": (quantised(quant_method="new"), "U"),
    "awq in a file of its own": (
        {"model.safetensors": ST, "config.json": NATIVE, "quant_config.json": document(quant_method="awq")},
        "P-B",
    ),
    "modelopt in a file of its own": (
        {"model.safetensors": ST, "hf_quant_config.json": document(producer={"name": "modelopt"})},
        "P-C",
    ),
    "bitsandbytes beside gguf": ({**quantised(quant_method="bitsandbytes"), "m.gguf": gguf(Q8_0=3)}, "P-A"),
    "plain beside a quantised copy": (
        {
            "model.safetensors": ST,
            "config.json": NATIVE,
            "4bit/model.safetensors": ST,
            "4bit/config.json": document(quantization_config={"quant_method": "bitsandbytes"}),
        },
        "P-A",
    ),
    "pipeline with one quantised part": (
        {
            "model_index.json": document(_class_name="FluxPipeline"),
            "vae/model.safetensors": ST,
            "transformer/model.safetensors": ST,
            "transformer/config.json": document(quantization_config={"quant_method": "bitsandbytes"}),
        },
        "P-C",
    ),
    # code
    "remote code in plain torch": (remote("import torch\n"), "P-B"),
    "remote code, guarded import": (remote(GUARDED_IMPORT), "P-B"),
    "remote code, lazy import": (remote("def f():\n    import flash_attn\n"), "P-B"),
    "remote code, is_available": (remote("if is_flash_attn_2_available():\n    import flash_attn\n"), "P-B"),
    "remote code, suppress": (
        remote("from contextlib import suppress\nwith suppress(ImportError):\n    import apex\n"),
        "P-B",
    ),
    **{
        f"remote code, {module}": (remote(f"import {module}\n"), "P-C")
        for module in ("flash_attn", "apex", "transformer_engine", "mamba_ssm.ops", "causal_conv1d", "xformers.ops",
                       "deepspeed", "triton", "cupy")
    },
    "remote code, .cuda()": (remote("def f(x):\n    return x.cuda()\n"), "P-C"),
    "remote code, .cuda() asked first": (remote(ASKED), "P-B"),
    "remote code, returns early": (remote(EARLY), "P-B"),
    "remote code, device of a tensor": (remote("def f(x, y):\n    return x.to(y.device)\n"), "P-B"),
    "remote code, device=cuda": (remote("import torch\nx = torch.zeros(3, device='cuda')\n"), "P-C"),
    "remote code, device in a variable": (remote("import torch\nd = 'cuda'\nx = torch.zeros(3).to(d)\n"), "P-C"),
    "remote code, torch.cuda": (remote("import torch\ntorch.cuda.set_device(0)\n"), "P-C"),
    "remote code, nccl": (remote("import torch\ntorch.distributed.init_process_group('nccl')\n"), "P-C"),
    "remote code, nccl if there": (
        remote("import torch\nb = 'nccl' if torch.cuda.is_available() else 'gloo'\n"
               "torch.distributed.init_process_group(b)\n"),
        "P-B",
    ),
    "remote code, kernel": (
        remote("from torch.utils.cpp_extension import load\nk = load(name='k', sources=['k.cu'])\n", **{"k.cu": 500}),
        "P-C",
    ),
    "remote code, kernel with a fallback": (remote(GUARDED_KERNEL, **{"k.cu": 500}), "P-B"),
    "remote code, kernel nobody loads safely": (remote("import torch\n", **{"csrc/k.cu": 500}), "P-C"),
    "remote code, imports a part that needs CUDA": (
        remote("from .attention import A\n", **{"attention.py": b"import flash_attn\n"}),
        "P-C",
    ),
    "remote code, in another repo": (
        {"config.json": document(auto_map={"AutoModel": "a/b--modeling.X"}), "model.safetensors": ST},
        "U",
    ),
    "remote code, not there": ({"config.json": REMOTE, "model.safetensors": ST}, "U"),
    "remote code, no Python": (remote("def f(:\n"), "U"),
    "remote code, asks a service": (remote("import openai\ndef f(x):\n    return openai.chat(x)\n"), "P-D"),
    "remote code beside gguf": ({**remote("import flash_attn\n"), "m.gguf": gguf(F16=1)}, "P-A"),
    "a model file without config": ({"model.py": b"import flash_attn\n", "model.safetensors": ST}, "P-C"),
    "a plain model file without config": ({"model.py": b"import torch\n", "model.safetensors": ST}, "P-B"),
    "a training script of a native model": (
        {"train.py": b"import deepspeed\nx.cuda()\n", "config.json": NATIVE, "model.safetensors": ST},
        "P-A",
    ),
    "kernels of a native model": ({"k.cu": 500, "config.json": NATIVE, "model.safetensors": ST}, "P-A"),
    # not enough evidence
    "nothing": ({"README.md": b"words"}, "U"),
    "a set with a hole": ({"model-00001-of-00002.safetensors": ST}, "U"),
    "an unread format": ({"weights.h5": 5_000_000}, "U"),
    "what a trainer leaves": ({"optimizer.pt": torch_zip(STATE_DICT), "training_args.bin": torch_zip(STATE_DICT)}, "U"),
    "an adapter without its base": (
        {"adapter_model.safetensors": ST, "adapter_config.json": document(peft_type="LORA")},
        "U",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_level_of_each(name):
    files, level = TABLE[name]
    said = fact("POR113", revision(files))
    assert said["level"] == level, said
    assert said["evidence"] == "E0"


def test_there_are_at_least_sixty_repos_and_each_level_occurs():
    assert len(TABLE) >= 60
    assert {level for _, level in TABLE.values()} == {"P-A", "P-B", "P-C", "P-D", "U"}


@pytest.mark.parametrize("name", TABLE)
def test_adding_an_engine_never_lowers_and_adding_plain_weights_never_lowers(name):
    order = ["P-A", "P-B", "P-C", "P-D", "U"]
    files, level = TABLE[name]
    more = fact("POR113", revision({**files, "extra.engine": 5_000_000}))["level"]
    assert order.index(more) <= order.index(level)
    assert fact("POR113", revision({**files, "extra/m.gguf": gguf(F16=1)}))["level"] == "P-A"
