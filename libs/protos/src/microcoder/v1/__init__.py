"""Generated stubs of the proto package `microcoder.v1`. Do not edit: `make protos`."""
