"""EventBridge schedules: when they are due, and what they invoke."""
