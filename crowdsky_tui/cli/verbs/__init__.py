"""The verbs of the command line, one module for each kind. All work goes through `Night`."""
