"""The queue of jobs and its journal. It knows nothing of what the jobs do."""
