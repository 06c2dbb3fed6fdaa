"""Facts of the machine."""

import json
import platform
from pathlib import Path

from benchmarks.machine import machine_facts, processor


def test_facts_name_no_host_and_no_path():
    """They can be published: cores, memory, Python, and nothing that identifies the machine."""
    facts = machine_facts()
    assert facts["cores"] >= 1
    assert facts["memory_gib"] > 0
    text = json.dumps(facts)
    assert platform.node() not in text.replace(facts["system"], "")
    assert str(Path.home()) not in text


def test_processor_is_read_from_the_kernel_or_the_architecture(tmp_path):
    """The first model name counts; a kernel without one gives the architecture."""
    facts = tmp_path / "cpuinfo"
    assert processor(facts) == platform.machine()
    facts.write_text("processor : 0\nmodel name\t: A: fast one\nmodel name\t: B\n")
    assert processor(facts) == "A: fast one"
