"""What the child allows itself."""

import os
import resource

MAX_MEMORY = 2 * 1024**3
NICENESS = 5


def limit_this_process() -> None:
    """Cap memory, step behind the app's own work, and keep numpy to one thread.

    Call it before numpy is imported: it reads its thread count then.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > MAX_MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, hard))
    os.nice(NICENESS)
