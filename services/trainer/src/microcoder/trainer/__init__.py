"""Runs GRPO and its variants with the judge as the reward."""
