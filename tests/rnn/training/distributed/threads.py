"""Threads of one process in the place of processes, to see what many do together."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Meeting:
    """Where `count` threads add up arrays: each calls the same `reduce`."""

    def __init__(self, count):
        self.count, self.calls = count, []
        self.arrays = [None] * count
        self.barrier = threading.Barrier(count, timeout=60)

    def reducer(self, index):
        """Return the `reduce` of one of them."""

        def reduce(flat):
            self.arrays[index] = flat.copy()
            self.barrier.wait()
            total = sum(self.arrays[1:], self.arrays[0])
            if index == 0:
                self.calls.append((flat.dtype.name, len(flat)))
            self.barrier.wait()
            return total

        return reduce

    def each(self, work):
        """Call `work(index, reduce)` in all threads at once; return the results.

        The first error of one is raised, not those of the others that waited for it.
        """
        with ThreadPoolExecutor(self.count) as pool:
            running = [
                pool.submit(self._guarded, work, i, self.reducer(i))
                for i in range(self.count)
            ]
            done = [each.exception() for each in running]
            raised = [each for each in done if each is not None]
            broken = threading.BrokenBarrierError
            for each in sorted(raised, key=lambda each: isinstance(each, broken)):
                raise each
            return [each.result() for each in running]

    def _guarded(self, work, index, reduce):
        try:
            return work(index, reduce)
        except BaseException:
            self.barrier.abort()
            raise
