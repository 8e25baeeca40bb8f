"""What jaxlearn costs, as ratios measured in one run: ``python -m bench``."""
