"""Measurements, side by side with a floor in one run, as ratios: machines are noisy."""
