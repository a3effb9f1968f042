"""What `microcoder judge` sends and how it shows what comes back."""
