"""What a run says: indicators, scores against a plan's targets, coverage of its measures."""
