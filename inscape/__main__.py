"""`python -m inscape`: the same as the `inscape` command."""

import runpy

# By name, as a console script would: the ground floor imports nothing from above.
runpy.run_module("desk", run_name="__main__", alter_sys=True)
