"""Two processes train one language model, and add up gradients by torch's gloo.

python examples/12_many_processes.py

By MPI it is shorter still, under `mpirun -n 2`:

    from mpi4py import MPI
    world = MPI.COMM_WORLD
    def reduce(flat):
        total = np.empty_like(flat)
        world.Allreduce(flat, total)
        return total
"""

import importlib.util
import multiprocessing
import socket
import sys

import numpy as np

import tinygraph_rnn as rnn

TEXT = "the quick brown fox jumps over the lazy dog; " * 40
PROCESSES = 2
CONFIG = rnn.Config(hidden_size=16, batch_size=7, seq_length=16, updates=60)


def train(process: int, port: int) -> None:
    """Train as one of the processes; the first prints the loss of all rows."""
    import torch
    import torch.distributed as gloo

    address = f"tcp://127.0.0.1:{port}"
    gloo.init_process_group(
        "gloo", init_method=address, rank=process, world_size=PROCESSES
    )

    def reduce(flat: np.ndarray) -> np.ndarray:
        total = torch.from_numpy(flat)
        gloo.all_reduce(total)
        return total.numpy()

    vocabulary = rnn.Vocabulary.of(TEXT)
    streams = rnn.Streams(vocabulary.encode(TEXT), CONFIG.batch_size, CONFIG.seq_length)
    model = rnn.LanguageModel.of(CONFIG, len(vocabulary))
    shard = streams.shard(process, PROCESSES)
    trainer = rnn.Trainer(CONFIG, model, shard, reduce=reduce)
    for update in range(CONFIG.updates):
        loss = trainer.update().loss
        if process == 0 and (update + 1) % 20 == 0:
            print(f"update {update + 1}: {loss:.3f} nats a character")
    gloo.destroy_process_group()


def main() -> None:
    """Start both and wait for them."""
    if importlib.util.find_spec("torch") is None:
        sys.exit("this example adds up by torch: pip install torch")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = multiprocessing.get_context("spawn")
    both = [started.Process(target=train, args=(i, port)) for i in range(PROCESSES)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    if any(each.exitcode for each in both):
        sys.exit("a process failed")


if __name__ == "__main__":
    main()
