"""The Lambda runtime of the offline cloud: event source mappings, invocations, execution environments."""
