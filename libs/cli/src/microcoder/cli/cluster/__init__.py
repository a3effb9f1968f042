"""`microcoder doctor --cluster`: whether a Kubernetes cluster has what the chart needs, and what to do where not."""
