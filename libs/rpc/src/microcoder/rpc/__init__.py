"""gRPC servers, channels, errors and clients."""
