"""The proof: handlers run through schedules of faults, each judged exactly."""
