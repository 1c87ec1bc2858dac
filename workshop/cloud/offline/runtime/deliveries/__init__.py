"""What services deliver to functions, queues, topics, streams, buses and logs, and with which permission."""
