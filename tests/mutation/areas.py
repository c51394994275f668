"""Which tests should see the faults of an area."""

_NATIVE = "tests/backends/native"

LAWS = (
    "tests/laws/test_laws.py",
    "tests/laws/test_definition.py",
    "tests/checkpointing/test_laws.py",
    "tests/rewriting/test_laws.py",
    f"{_NATIVE}/test_law.py",
)
"""Run for what no other test of its area saw, before the tests of all other areas."""

TESTS: dict[str, tuple[str, ...]] = {
    "derivatives": (
        "tests/laws/test_slopes.py",
        "tests/laws/test_drawn_moves.py",
        "tests/ops/test_scattering.py",
        "tests/ops/test_derivatives.py",
        "tests/laws/test_samples.py",
        "tests/ops/test_special_values.py",
        "tests/semantics/test_autodiff.py",
        "tests/semantics/test_adjoints.py",
        "tests/laws/test_laws.py",
    ),
    "time rules": (
        "tests/ops/test_time.py",
        "tests/ops/test_derivatives.py",
        "tests/core/test_shifts.py",
        "tests/semantics",
        "tests/checkpointing",
        "tests/laws/test_definition.py",
        "tests/laws/test_laws.py",
    ),
    "unroller": (
        "tests/semantics",
        "tests/laws/test_definition.py",
        "tests/laws/test_laws.py",
    ),
    "state": ("tests/semantics", "tests/laws/test_laws.py"),
    "random ops": (
        "tests/laws/test_random_ops.py",
        "tests/ops/test_random.py",
        "tests/laws/test_definition.py",
        "tests/laws/test_laws.py",
    ),
    "binding": (
        "tests/runtime",
        "tests/semantics/test_casting.py",
        "tests/semantics/test_unrolling.py",
        "tests/laws/test_definition.py",
        "tests/laws/test_laws.py",
    ),
    "rewrites": ("tests/rewriting",),
    "scheduler": (
        "tests/laws/test_random_ops.py",
        "tests/laws/test_mixed_dtypes.py",
        "tests/scheduling",
        "tests/backends/test_loops.py",
        "tests/backends/test_linking.py",
        "tests/laws/test_laws.py",
    ),
    "planner": (
        "tests/laws/test_packed_loops.py",
        "tests/laws/test_mixed_dtypes.py",
        "tests/scheduling",
        "tests/backends/test_loops.py",
        "tests/backends/test_linking.py",
        "tests/laws/test_laws.py",
    ),
    "kernels": (
        "tests/laws/test_drawn_moves.py",
        "tests/laws/test_samples.py",
        "tests/ops",
        "tests/semantics/test_index_errors.py",
        "tests/backends/test_linking.py",
        "tests/laws/test_laws.py",
    ),
    "NumPy backend": (
        "tests/laws/test_random_ops.py",
        "tests/laws/test_packed_loops.py",
        "tests/laws/test_drawn_moves.py",
        "tests/laws/test_mixed_dtypes.py",
        "tests/backends/test_linking.py",
        "tests/backends/test_loops.py",
        "tests/laws/test_samples.py",
        "tests/runtime/test_running.py",
        "tests/laws/test_laws.py",
    ),
    "windows": ("tests/checkpointing",),
    "native kernels": (
        "tests/laws/test_mixed_dtypes.py",
        f"{_NATIVE}/test_expressions.py",
        "tests/laws/test_samples.py",
        f"{_NATIVE}/test_law.py",
    ),
    "native formulas": (
        f"{_NATIVE}/test_accuracy.py",
        f"{_NATIVE}/test_expressions.py",
        "tests/laws/test_samples.py",
    ),
    "code generation": (
        "tests/laws/test_drawn_moves.py",
        "tests/laws/test_random_ops.py",
        "tests/laws/test_samples.py",
        f"{_NATIVE}/test_axes.py",
        f"{_NATIVE}/test_moves.py",
        f"{_NATIVE}/test_map.py",
        f"{_NATIVE}/test_products.py",
        f"{_NATIVE}/test_law.py",
    ),
    "optimisers": ("tests/rnn/optimizers", "tests/rnn/training/test_settings.py"),
    "masks": (
        "tests/rnn/layers/test_sequences.py",
        "tests/rnn/layers/test_regularization.py",
        "tests/rnn/layers/test_recurrent_custom.py",
        "tests/rnn/layers/test_layers_against_torch.py",
    ),
}
