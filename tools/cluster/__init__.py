"""The platform on a Kubernetes cluster, for the demo and the tests: `python -m tools.cluster`."""
