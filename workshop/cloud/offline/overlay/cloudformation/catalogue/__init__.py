"""What is known of resource types: AWS's properties and attributes, and which of them have no effect here."""
