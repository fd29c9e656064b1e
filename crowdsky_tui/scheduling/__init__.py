"""The night's schedule: constraints, factors and the assignment of targets to slots."""
