"""Operations on a deployed pipeline: clear, reconcile, rebuild, faults."""
