"""What only the scripts of this folder share."""
