"""The training process: `python -m microcoder.trainer.train --run RUN_ID`. See constraints/trainer.txt.

Only `session`, `models`, `policy`, `callbacks` and `without_vllm` import torch and its company.
"""
