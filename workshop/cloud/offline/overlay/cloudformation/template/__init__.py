"""What CloudFormation does with a template before it touches a resource."""
