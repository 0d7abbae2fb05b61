"""The shape of a training example, and every format it is written in."""
