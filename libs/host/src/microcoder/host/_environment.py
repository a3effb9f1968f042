"""Imported before gRPC, which reads its environment when it is loaded."""

import os

# Otherwise gRPC's C core writes lines of its own between ours, which are JSON.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
