"""Kernels against what a user would pick instead; equality is shown before anything is timed."""
