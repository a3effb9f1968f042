"""Programs of ours that run inside the jail beside untrusted code. Nothing here is imported by the service."""
