"""The process that a service runs in: settings, store, bus, gRPC, drain."""
