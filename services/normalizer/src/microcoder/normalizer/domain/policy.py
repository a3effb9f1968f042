"""What is taken, and how much of it."""

from dataclasses import dataclass

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The choices that the format leaves open. Each is a setting; docs/sources.md gives the reasons."""

    max_tests: int = 15
    """Most tests that are kept: samples, then the longest inputs (MicroCoder keeps 15)."""
    max_test_bytes: int = 16 * _MIB
    """Longest input, and longest answer, of a test that is kept."""
    languages: frozenset[str] = frozenset({"en", ""})
    """Natural languages of statements that are taken, ISO 639-1; "" where none was recognised."""
    default_cpu_time_ms: int = 10_000
    """Time limit of a package that states none."""
    max_cpu_time_ms: int = 60_000
    """Longest time limit that is believed."""
    default_memory_bytes: int = 1024 * _MIB
    """Memory limit of a package that states none."""
    max_memory_bytes: int = 2048 * _MIB
    """Largest memory limit that is believed."""
    default_output_bytes: int = 8 * _MIB
    """Output limit of a package that states none: the format's own."""
    max_statement_bytes: int = 128 * 1024
    """Longest statement file."""
    max_sample_bytes: int = 32 * 1024
    """Samples longer than this are tests, but not shown."""
    max_program_bytes: int = 1 * _MIB
    """Programs longer than this are left out."""
    contamination_threshold: float = 0.22
    """Share of a problem's 16-grams in one protected statement, above which it is left out (MicroCoder's 0.22)."""
