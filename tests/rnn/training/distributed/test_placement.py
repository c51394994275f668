"""Which process this is: by options, or by what SLURM, MPI and JAX say."""

import pytest

from tinygraph_rnn import ConfigError
from tinygraph_rnn.training.distributed.placement import Placement, placed

SLURM = {
    "SLURM_JOB_ID": "8193",
    "SLURM_STEP_NODELIST": "node[003-005,009]",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "2",
}
JAX = {
    "JAX_COORDINATOR_ADDRESS": "10.0.0.1:99",
    "JAX_NUM_PROCESSES": "3",
    "JAX_PROCESS_ID": "1",
}
MPI = {"OMPI_COMM_WORLD_SIZE": "8", "OMPI_COMM_WORLD_RANK": "7"}


@pytest.mark.parametrize(
    ("given", "environment", "wanted"),
    [
        (("host:12", 2, 1), {}, Placement("host", 12, 1, 2)),
        (("[::1]:12", 2, 1), {}, Placement("::1", 12, 1, 2)),
        ((None, None, None), JAX, Placement("10.0.0.1", 99, 1, 3)),
        (("host:12", None, 0), JAX, Placement("host", 12, 0, 3)),
        ((None, None, None), SLURM, Placement("node003", 61441, 2, 4)),
        (("host:12", None, None), SLURM, Placement("host", 12, 2, 4)),
        (("host:12", None, None), MPI, Placement("host", 12, 7, 8)),
        ((None, None, None), SLURM | JAX, Placement("10.0.0.1", 99, 1, 3)),
    ],
)
def test_where_a_process_stands(given, environment, wanted):
    assert placed(*given, environment) == wanted


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("a", "a"),
        ("a,b", "a"),
        ("n[7,9]", "n7"),
        ("n[01-15],b", "n01"),
        ("a,n[1-2]", "a"),
    ],
)
def test_the_first_node_of_a_job(nodes, first):
    place = placed(environment={**SLURM, "SLURM_STEP_NODELIST": nodes})
    assert (place.host, place.port) == (first, 65536 - 4096 + 1)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        MPI,
        {**SLURM, "SLURM_NTASKS": "1", "SLURM_PROCID": "0"},
        {name: SLURM[name] for name in ("SLURM_JOB_ID", "SLURM_NTASKS")},
    ],
)
def test_a_process_that_is_alone(environment):
    """A job's script stands in no step, and MPI does not say where to meet."""
    assert placed(environment=environment) is None
    assert placed("host:12", 1, 0, {}) is None


@pytest.mark.parametrize(
    ("given", "environment", "why"),
    [
        (("host:12", None, 1), {}, "many processes need --num-processes N"),
        (("host:12", 2, None), {}, "many processes need --process-id I"),
        ((None, 2, 1), {}, "many processes need --coordinator HOST:PORT"),
        (("host:12", 2, 2), {}, "process_id must be from 0 to 1 of 2 processes, not 2"),
        (("host:12", 2, -1), {}, "process_id must be from 0 to 1"),
        (("host:12", 0, 0), {}, "process_id must be from 0 to -1 of 0 processes"),
        (("host", 2, 0), {}, "coordinator must be HOST:PORT.*not 'host'"),
        (("host:0", 2, 0), {}, "coordinator must be HOST:PORT"),
        (("host:65536", 2, 0), {}, "coordinator must be HOST:PORT"),
        ((":12", 2, 0), {}, "coordinator must be HOST:PORT"),
        ((), {**JAX, "JAX_PROCESS_ID": "x"}, "JAX_PROCESS_ID must be a number"),
    ],
)
def test_what_makes_no_sense(given, environment, why):
    with pytest.raises(ConfigError, match=why):
        placed(*given, environment=environment)


def test_addresses_are_written_with_their_port():
    assert Placement("::1", 12, 0, 2).address == "[::1]:12"
    assert Placement("host", 12, 0, 2).address == "host:12"
