"""The resource types of CloudFormation that the overlay corrects or adds."""
