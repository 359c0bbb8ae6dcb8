"""From canonical tables to verdicts: the rules, one Ibis expression each, the same for every source."""
