"""Training runs as Kubernetes objects: what is sent to the cluster, and what its answers mean. Plain JSON."""
