"""The way into a room without a network: is a machine ready, and a kit from which any machine installs."""
