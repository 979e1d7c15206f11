"""What really happened: the versions of a zone one after the other, as a plan that the prover judges."""
