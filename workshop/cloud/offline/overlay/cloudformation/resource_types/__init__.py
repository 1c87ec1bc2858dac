"""CloudFormation resource types, one module each: those of moto that are corrected, and those it lacks."""
